// SPDX-License-Identifier: Apache-2.0
#pragma once
// The limit of open files and connections of the process, and whether it has been reached.

#include "core/clock.hpp"
#include "io/system/file_handle.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/accept_gate.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace holdback::milter::daemon {

/// Raises the soft limit of descriptors to the hard limit and gives the new soft limit.
std::uint64_t raise_descriptor_limit();

/// Checks in a thread of its own, a few times a second, whether there are descriptors left. When
/// there are none, it takes no more sessions and gives up a reserve, for sessions under way, the
/// control socket and the spool. Logs and counts that time.
class Descriptors {
public:
    Descriptors(ports::Log& log, const core::Clock& clock, AcceptGate gate);

    /// From now on sessions are always taken: libmilter is about to close its socket.
    void leave_gate();
    [[nodiscard]] std::vector<ControlLine> status() const;
    [[nodiscard]] report::Metric metric() const;

private:
    void watch(const std::stop_token& stop);
    void look();
    void say();
    /// Fills the reserve. False when that many descriptors, and a margin, were not left.
    [[nodiscard]] bool fill_reserve();
    [[nodiscard]] bool are_left(std::size_t number) const;

    ports::Log* log_;
    const core::Clock* clock_;
    std::uint64_t limit_;
    std::size_t reserve_size_;
    std::atomic<std::uint64_t> short_milliseconds_ = 0;
    // Only for the thread that looks.
    AcceptGate gate_;
    std::vector<io::system::FileHandle> reserve_;
    std::optional<core::SteadyPoint> short_since_;
    std::optional<core::SteadyPoint> said_;
    std::jthread watcher_;
};

}  // namespace holdback::milter::daemon
