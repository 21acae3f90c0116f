// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case gets the lines of the MTA's log.

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// Some lines and where they end.
struct LogBatch {
    std::vector<std::string> lines;  ///< without line ends
    /// Behind the last line and any skipped ones; only the source understands this text.
    std::string position;
    std::uint64_t skipped = 0;  ///< lines that were too long to be kept
    /// Octets known to lie behind the position; 0 also when this is not known.
    std::uint64_t behind = 0;
    std::string trouble;  ///< why nothing can be read now, for the log; empty when all is well
};

/// The MTA's log, read from a position on. Used by one thread.
class LogSource {
public:
    LogSource() = default;
    LogSource(const LogSource&) = delete;
    LogSource& operator=(const LogSource&) = delete;
    LogSource(LogSource&&) = delete;
    LogSource& operator=(LogSource&&) = delete;
    virtual ~LogSource() = default;

    /// The name under which positions are remembered: "file:/var/log/mail.log", "journal".
    [[nodiscard]] virtual std::string name() const = 0;

    /// Goes to a position that `read` gave. An empty or unknown position means the present end of
    /// the log: what happened before we followed it is not recorded.
    virtual void seek(std::string_view position) = 0;

    /// The next lines, at most `most`. Waits for the first one until `deadline` or a stop. It is
    /// normal to get no lines; the position is valid then, too.
    [[nodiscard]] virtual LogBatch read(std::size_t most,
                                        core::SteadyPoint deadline,
                                        const std::stop_token& stop) = 0;
};

}  // namespace holdback::ports
