// SPDX-License-Identifier: Apache-2.0
#pragma once
// Re-injection into the MTA, as `[hold] reinject` names it.

#include "core/result.hpp"
#include "ports/submitter.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace holdback::io::submit {

/// "smtp:HOST:PORT", "smtp:[2001:db8::1]:PORT", or without port for 25.
struct SmtpTarget {
    std::string host;  ///< an address without brackets, or a name
    std::string port;

    bool operator==(const SmtpTarget&) const = default;
};

/// "sendmail:/PATH".
struct SendmailTarget {
    std::string program;  ///< absolute

    bool operator==(const SendmailTarget&) const = default;
};

using ReinjectTarget = std::variant<SmtpTarget, SendmailTarget>;

/// Reads a value of `[hold] reinject`; the error is a text for people. Nothing is opened.
[[nodiscard]] core::Result<ReinjectTarget, std::string> parse_reinject(std::string_view text);

/// The submitter for a target. `helo_name` is what EHLO says: our host name, or "localhost".
[[nodiscard]] std::unique_ptr<ports::Submitter> make_submitter(const ReinjectTarget& target,
                                                               const std::string& helo_name);

}  // namespace holdback::io::submit
