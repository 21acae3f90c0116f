// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many files and connections the process may have open, and whether it has come to that limit.

#include "core/clock.hpp"
#include "milter/control_protocol.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace holdback::milter {

/// Raises the soft limit of descriptors to the hard one and gives what it is now.
std::uint64_t raise_descriptor_limit();

/// Looks every second whether there is a descriptor left, says when there is none, and counts.
class Descriptors {
public:
    Descriptors(ports::Log& log, const core::Clock& clock);

    /// To be called every second by one thread.
    void work();
    [[nodiscard]] std::vector<ControlLine> status() const;
    [[nodiscard]] report::Metric metric() const;

private:
    ports::Log* log_;
    const core::Clock* clock_;
    std::uint64_t limit_;
    std::atomic<std::uint64_t> short_seconds_ = 0;
    std::optional<core::SteadyPoint> said_;
};

}  // namespace holdback::milter
