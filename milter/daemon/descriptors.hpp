// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many files and connections the process may have open, and whether it has come to that limit.

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

/// Raises the soft limit of descriptors to the hard one and gives what it is now.
std::uint64_t raise_descriptor_limit();

/// Looks all the time whether there are descriptors left, in a thread of its own. When there are
/// none, no more sessions are taken, and those under way, the control socket and the spool get what
/// had been kept in reserve. It says so, and counts.
class Descriptors {
public:
    Descriptors(ports::Log& log, const core::Clock& clock, AcceptGate gate);

    /// From now on, sessions are taken whatever happens: libmilter is about to close its socket.
    void leave_gate();
    [[nodiscard]] std::vector<ControlLine> status() const;
    [[nodiscard]] report::Metric metric() const;

private:
    void watch(const std::stop_token& stop);
    void look();
    void say();
    /// Fills the reserve and gives whether that many, and some more, were left.
    [[nodiscard]] bool fill_reserve();
    [[nodiscard]] bool are_left(std::size_t number) const;

    ports::Log* log_;
    const core::Clock* clock_;
    std::uint64_t limit_;
    std::size_t reserve_size_;
    std::atomic<std::uint64_t> short_milliseconds_ = 0;
    // Of the thread that looks.
    AcceptGate gate_;
    std::vector<io::system::FileHandle> reserve_;
    std::optional<core::SteadyPoint> short_since_;
    std::optional<core::SteadyPoint> said_;
    std::jthread watcher_;
};

}  // namespace holdback::milter::daemon
