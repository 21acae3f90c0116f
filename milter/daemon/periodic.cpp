// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/periodic.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace holdback::milter::daemon {

Periodic::Periodic(std::function<void()> work, std::chrono::milliseconds interval)
    : work_(std::move(work)), interval_(interval) {}

void Periodic::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Periodic::quicken(std::chrono::milliseconds interval) {
    {
        const std::scoped_lock lock(mutex_);
        interval_ = interval;
        at_once_ = true;
    }
    changed_.notify_all();
}

void Periodic::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        work_();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, interval_, [this] { return std::exchange(at_once_, false); });
    }
    work_();
}

}  // namespace holdback::milter::daemon
