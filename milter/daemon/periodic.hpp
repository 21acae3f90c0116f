// SPDX-License-Identifier: Apache-2.0
#pragma once
// Work that comes back.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace holdback::milter::daemon {

/// Does a piece of work every so often in a thread of its own, and once more at the end, from
/// `start` on. The work throws nothing, and what it uses outlives the object.
class Periodic {
public:
    Periodic(std::function<void()> work, std::chrono::milliseconds interval);

    /// Begins. Once.
    void start();

    /// So often from now on, and now. Any thread.
    void quicken(std::chrono::milliseconds interval);

    /// Begins to end, and does not wait for it. Any thread.
    void request_stop() { thread_.request_stop(); }

private:
    void run(const std::stop_token& stop);

    std::function<void()> work_;
    std::mutex mutex_;  // of the next two
    std::chrono::milliseconds interval_;
    bool at_once_ = false;
    std::condition_variable_any changed_;
    std::jthread thread_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
