// SPDX-License-Identifier: Apache-2.0
#pragma once
// Work that is repeated.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace holdback::milter::daemon {

/// Repeats a piece of work in a thread of its own, from `start` on, and does it once more at the
/// end. The work does not throw; what it uses outlives the object.
class Periodic {
public:
    Periodic(std::function<void()> work, std::chrono::milliseconds interval);

    /// Begins. Call it once.
    void start();

    /// Does the work now, and from now on at this interval. Any thread.
    void quicken(std::chrono::milliseconds interval);

    /// Asks the thread to end, without waiting. Any thread.
    void request_stop() { thread_.request_stop(); }

private:
    void run(const std::stop_token& stop);

    std::function<void()> work_;
    std::mutex mutex_;  // of the next two members
    std::chrono::milliseconds interval_;
    bool at_once_ = false;
    std::condition_variable_any changed_;
    std::jthread thread_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
