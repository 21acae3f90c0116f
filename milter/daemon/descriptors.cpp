// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/descriptors.hpp"

#include "core/clock.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/rest.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/accept_gate.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <stop_token>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

/// With fewer descriptors than this, some hundred sessions of the MTA use them up.
constexpr std::uint64_t kFew = 1024;
constexpr std::chrono::minutes kBetweenWords{1};
constexpr std::chrono::milliseconds kBetweenLooks{250};
/// The reserve is one in so many of all descriptors, within bounds.
constexpr std::uint64_t kReservePart = 16;
constexpr std::size_t kLeastReserve = 8;
constexpr std::size_t kMostReserve = 64;
/// So many more must be left: they last from one look to the next.
constexpr std::size_t kMargin = 8;

std::uint64_t limit_now() {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace

std::uint64_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
    }
    return limit_now();
}

Descriptors::Descriptors(ports::Log& log, const core::Clock& clock, AcceptGate gate)
    : log_(&log),
      clock_(&clock),
      limit_(limit_now()),
      reserve_size_(std::clamp<std::size_t>(limit_ / kReservePart, kLeastReserve, kMostReserve)),
      gate_(std::move(gate)) {
    if (limit_ < kFew) {
        log_->write(ports::Severity::Warning,
                    fmt::format("descriptors: no more than {} can be open, and each session of the "
                                "MTA takes one: raise the hard limit (LimitNOFILE of the unit)",
                                limit_));
    }
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void Descriptors::leave_gate() {
    watcher_.request_stop();
    if (watcher_.joinable()) {
        watcher_.join();
    }
    gate_.open();
}

void Descriptors::watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        look();
        io::system::rest(kBetweenLooks, stop);
    }
}

bool Descriptors::are_left(std::size_t number) const {
    std::vector<io::system::FileHandle> probes;
    for (std::size_t i = 0; i < number; ++i) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so
        probes.emplace_back(fcntl(gate_.any(), F_DUPFD_CLOEXEC, 0));
        if (!probes.back().is_open()) {
            return false;
        }
    }
    return true;
}

bool Descriptors::fill_reserve() {
    // Count first: a probe must not take the last descriptors, which others may need just now.
    const std::size_t wanted = reserve_size_ + kMargin;
    std::error_code trouble;
    std::size_t used = 0;
    for (std::filesystem::directory_iterator each("/proc/self/fd", trouble), end;
         !trouble && each != end;
         each.increment(trouble)) {
        ++used;
    }
    if (trouble ? !are_left(wanted) : used + wanted > limit_) {
        return false;
    }
    while (reserve_.size() < reserve_size_) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so
        reserve_.emplace_back(fcntl(gate_.any(), F_DUPFD_CLOEXEC, 0));
        if (!reserve_.back().is_open()) {
            reserve_.clear();
            return false;
        }
    }
    return true;
}

void Descriptors::look() {
    gate_.find();
    const core::SteadyPoint now = clock_->steady_now();
    if (short_since_.has_value()) {
        short_milliseconds_ += static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now - *short_since_).count());
        short_since_ = now;
    }
    if (reserve_.empty() ? fill_reserve() : are_left(kMargin)) {
        gate_.open();
        short_since_.reset();
        return;
    }
    // In this order: only sessions and parts already at work get the reserve.
    gate_.close();
    reserve_.clear();
    short_since_ = now;
    say();
}

void Descriptors::say() {
    const core::SteadyPoint now = clock_->steady_now();
    if (!said_.has_value() || now - *said_ >= kBetweenWords) {
        said_ = now;
        log_->write(
            ports::Severity::Error,
            fmt::format("descriptors: all {} are in use, but for some kept in reserve: new "
                        "sessions of the MTA wait, and mail may pass unchecked; raise the hard "
                        "limit (LimitNOFILE of the unit) or lower the number of the MTA's "
                        "processes",
                        limit_));
    }
}

std::vector<ControlLine> Descriptors::status() const {
    return {{"descriptor_limit", fmt::format("{}", limit_)},
            {"descriptors_short_seconds", fmt::format("{}", short_milliseconds_.load() / 1000)}};
}

report::Metric Descriptors::metric() const {
    return {.name = "holdback_descriptors_short_seconds_total",
            .help = "Seconds in which no more sessions were taken for want of descriptors.",
            .values = {{.label = {}, .value = short_milliseconds_.load() / 1000}}};
}

}  // namespace holdback::milter::daemon
