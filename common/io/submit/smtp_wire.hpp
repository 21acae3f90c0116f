// SPDX-License-Identifier: Apache-2.0
#pragma once
// One SMTP client connection: sends lines and reads replies until a deadline.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::submit {

/// A reply as it came: its code and the text of each line.
struct WireReply {
    int code = 0;  ///< 200 to 599
    std::vector<std::string> lines;
};

/// The connection is of no use any more; `what` says why.
struct WireError {
    std::string what;
    /// Octets of the failed `send` that the kernel took.
    std::size_t taken = 0;
};

/// A connection to an SMTP server. Used by one thread; every wait ends by the deadline.
class SmtpWire {
public:
    /// Connects to `host` (address or name) and `port`; tries all its addresses. The system's
    /// resolver looks names up, with time-outs of its own.
    [[nodiscard]] static core::Result<SmtpWire, WireError> open(const std::string& host,
                                                                const std::string& port,
                                                                core::SteadyPoint deadline);

    /// Sends all octets.
    [[nodiscard]] core::Result<void, WireError> send(std::string_view octets);

    /// Reads one reply of any number of lines up to a limit (RFC 5321 section 4.2.1).
    [[nodiscard]] core::Result<WireReply, WireError> read_reply();

    /// Moves the deadline to this time, if that is earlier.
    void hurry(core::SteadyPoint deadline);

private:
    SmtpWire(system::FileHandle socket, core::SteadyPoint deadline);

    [[nodiscard]] core::Result<std::string, WireError> read_line();
    [[nodiscard]] core::Result<void, WireError> wait_for(short events) const;

    system::FileHandle socket_;
    core::SteadyPoint deadline_;
    std::string unread_;
};

}  // namespace holdback::io::submit
