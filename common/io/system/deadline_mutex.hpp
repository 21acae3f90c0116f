// SPDX-License-Identifier: Apache-2.0
#pragma once
// A mutex that can be waited for until a deadline.

#include "core/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace holdback::io::system {

/// Like std::timed_mutex, but made of parts that ThreadSanitizer can watch: that of GCC 12 does not
/// know the call by which a timed mutex waits for a steady clock. Use it with std::unique_lock or
/// std::scoped_lock, for locks that are held across I/O.
class DeadlineMutex {
public:
    void lock() {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [this] { return !taken_; });
        taken_ = true;
    }

    /// False when the deadline passes first.
    [[nodiscard]] bool try_lock_until(core::SteadyPoint deadline) {
        std::unique_lock lock(mutex_);
        if (!freed_.wait_until(lock, deadline, [this] { return !taken_; })) {
            return false;
        }
        taken_ = true;
        return true;
    }

    void unlock() {
        {
            const std::scoped_lock lock(mutex_);
            taken_ = false;
        }
        freed_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    bool taken_ = false;
};

}  // namespace holdback::io::system
