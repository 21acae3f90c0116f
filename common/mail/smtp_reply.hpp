// SPDX-License-Identifier: Apache-2.0
#pragma once
// An SMTP reply, ours or another server's: reply code, enhanced status and text.

#include "core/result.hpp"
#include "mail/enhanced_status.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

enum class ReplyError : std::uint8_t { BadCode, ClassMismatch };

/// A reply code (RFC 5321 section 4.2), one line of printable ASCII text, and perhaps an enhanced
/// status (RFC 3463) of the same class. Always consistent.
class SmtpReply {
public:
    /// `code` is 200 to 599. `BadCode`: outside of that; `ClassMismatch`: the class of the status
    /// is not that of the code. Octets of `text` that are not printable ASCII become `?`.
    [[nodiscard]] static core::Result<SmtpReply, ReplyError> make(
        int code, std::optional<EnhancedStatus> status, std::string_view text);

    /// A reply of our own; the source code vouches for its code and status. Throws
    /// std::bad_expected_access where they do not agree.
    [[nodiscard]] static SmtpReply own(int code, std::string_view status, std::string_view text);

    /// Reads the first line of a reply: "550 5.1.1 No such user", "550-5.1.1 …" or the code alone.
    [[nodiscard]] static std::optional<SmtpReply> parse(std::string_view line);

    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] const std::optional<EnhancedStatus>& status() const { return status_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool is_positive() const { return code_ >= 200 && code_ < 400; }
    [[nodiscard]] bool is_transient() const { return code_ >= 400 && code_ < 500; }
    [[nodiscard]] bool is_permanent() const { return code_ >= 500; }

    /// The reply as one line: "550 5.1.1 text".
    [[nodiscard]] std::string line() const;

    auto operator<=>(const SmtpReply&) const = default;

private:
    SmtpReply(int code, std::optional<EnhancedStatus> status, std::string text)
        : code_(code), status_(status), text_(std::move(text)) {}

    int code_;
    std::optional<EnhancedStatus> status_;
    std::string text_;
};

}  // namespace holdback::mail
