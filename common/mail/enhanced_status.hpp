// SPDX-License-Identifier: Apache-2.0
#pragma once
// Enhanced mail system status codes.

#include "core/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

enum class StatusError : std::uint8_t { Empty, BadClass, BadSubject, BadDetail, TrailingText };

/// An enhanced status code such as 5.1.1 (RFC 3463 section 2). Always valid: class 2, 4 or 5,
/// subject and detail 0 to 999.
class EnhancedStatus {
public:
    /// Parses exactly one code; white space or trailing text is an error.
    [[nodiscard]] static core::Result<EnhancedStatus, StatusError> parse(std::string_view text);

    /// The first code that stands as a word of its own in a text ("<a@b>: 550 5.1.1 unknown"), and
    /// is not part of a version number or an IP address.
    [[nodiscard]] static std::optional<EnhancedStatus> find_in(std::string_view text);

    [[nodiscard]] int status_class() const { return class_; }
    [[nodiscard]] int subject() const { return subject_; }
    [[nodiscard]] int detail() const { return detail_; }
    [[nodiscard]] bool is_permanent() const { return class_ == 5; }
    [[nodiscard]] bool is_transient() const { return class_ == 4; }
    [[nodiscard]] std::string text() const;

    auto operator<=>(const EnhancedStatus&) const = default;

private:
    /// A code at the start of a text, and the rest of the text.
    struct Prefix;
    [[nodiscard]] static Prefix parse_prefix(std::string_view text);

    EnhancedStatus(std::uint8_t status_class, std::uint16_t subject, std::uint16_t detail)
        : class_(status_class), subject_(subject), detail_(detail) {}

    std::uint8_t class_;
    std::uint16_t subject_;
    std::uint16_t detail_;
};

}  // namespace holdback::mail
