// SPDX-License-Identifier: Apache-2.0
#pragma once
// A value that can be reached only while its mutex is held.

#include <functional>
#include <mutex>
#include <utility>

namespace holdback::core {

/// Holds a `T` beside its mutex. `with` runs a function on the value under the lock and returns its
/// result. Hold one lock at a time, and none across I/O.
template <typename T>
class Guarded {
public:
    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}

    template <typename Function>
    auto with(Function&& function) {
        const std::scoped_lock lock(mutex_);
        return std::invoke(std::forward<Function>(function), value_);
    }

    template <typename Function>
    auto with(Function&& function) const {
        const std::scoped_lock lock(mutex_);
        return std::invoke(std::forward<Function>(function), std::as_const(value_));
    }

private:
    mutable std::mutex mutex_;
    T value_{};
};

}  // namespace holdback::core
