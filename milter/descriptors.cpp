// SPDX-License-Identifier: Apache-2.0
#include "milter/descriptors.hpp"

#include "core/clock.hpp"
#include "io/file_handle.hpp"
#include "milter/control_protocol.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <sys/resource.h>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

/// Below this, some hundred sessions of the MTA use them up.
constexpr std::uint64_t kFew = 1024;
constexpr std::chrono::minutes kBetweenWords{1};

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

Descriptors::Descriptors(ports::Log& log, const core::Clock& clock)
    : log_(&log), clock_(&clock), limit_(limit_now()) {
    if (limit_ < kFew) {
        log_->write(ports::Severity::Warning,
                    fmt::format("descriptors: no more than {} can be open, and each session of the "
                                "MTA takes one: raise the hard limit (LimitNOFILE of the unit)",
                                limit_));
    }
}

void Descriptors::work() {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const io::FileHandle probe(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (probe.is_open() || (errno != EMFILE && errno != ENFILE)) {
        return;
    }
    short_seconds_.fetch_add(1);
    const core::SteadyPoint now = clock_->steady_now();
    if (!said_.has_value() || now - *said_ >= kBetweenWords) {
        said_ = now;
        log_->write(
            ports::Severity::Error,
            fmt::format("descriptors: all {} are in use: sessions of the MTA wait, look-ups "
                        "fail and mail may pass unchecked; raise the hard limit "
                        "(LimitNOFILE of the unit) or lower the number of the MTA's "
                        "processes",
                        limit_));
    }
}

std::vector<ControlLine> Descriptors::status() const {
    return {{"descriptor_limit", fmt::format("{}", limit_)},
            {"descriptors_short_seconds", fmt::format("{}", short_seconds_.load())}};
}

report::Metric Descriptors::metric() const {
    return {
        .name = "holdback_descriptors_short_seconds_total",
        .help = "Seconds in which no file or connection could be opened for want of descriptors.",
        .values = {{.label = {}, .value = short_seconds_.load()}}};
}

}  // namespace holdback::milter
