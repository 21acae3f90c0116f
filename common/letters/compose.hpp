// SPDX-License-Identifier: Apache-2.0
#pragma once
// The building blocks of our mail: header fields, MIME parts, and foreign text made safe for each.
// All lines end with CRLF and have at most 78 octets if they can be broken (RFC 5322 section
// 2.1.1).

#include "core/clock.hpp"
#include "core/safe_text.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

/// A date in the form of RFC 5322 section 3.3, in UTC: "Sat, 21 Nov 2026 10:00:00 +0000".
[[nodiscard]] std::string rfc5322_date(core::TimePoint time);

/// "1 day", "90 minutes": in the largest unit that gives a whole number.
[[nodiscard]] std::string plain_duration(std::chrono::seconds duration);

/// The first `most` octets of a text, cut between characters. "…" follows if something is missing.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// "Name: value" and the line end, folded. Words that are not ASCII become encoded words in UTF-8
/// (RFC 2047). `value` may be foreign. Use `address_field` for addresses.
[[nodiscard]] std::string header_field(std::string_view name, std::string_view value);

/// "Name: <address>". An address that is not ASCII is left as it is (RFC 6532). `display_name` is
/// ours.
[[nodiscard]] std::string address_field(std::string_view name,
                                        std::string_view display_name,
                                        std::string_view address);

/// Text in quoted-printable (RFC 2045 section 6.7). Its line ends may be LF or CRLF.
[[nodiscard]] std::string quoted_printable(std::string_view text);

/// A page for the HTML part of a mail, with `inner` as its body. It is readable on a phone, in
/// light and in dark mode, so `inner` must set no text or background colours. `language` is a tag
/// of RFC 5646.
[[nodiscard]] std::string html_page(std::string_view inner, std::string_view language = "en");

/// Header fields of our mail. All but `from_name` and `auto_submitted` may be foreign.
struct OwnHeader {
    std::string from_name;
    std::string from;  ///< address
    /// Addresses.
    std::vector<std::string> to;
    std::string subject;
    std::string message_id;      ///< without brackets
    std::string in_reply_to;     ///< with brackets, or empty
    std::string auto_submitted;  ///< "auto-generated", "auto-replied" (RFC 3834 section 5)
    core::TimePoint now;
};

/// The header down to MIME-Version, without Content-Type. It asks Exchange for no automatic
/// replies. A mark tells other Holdbacks that the mail reports no failure.
[[nodiscard]] std::string own_header(const OwnHeader& header);

/// A part or a whole body of a text type: header fields, empty line, encoded text. `type` is
/// "text/plain", "text/html" or "text/csv; header=present".
[[nodiscard]] std::string text_part(std::string_view type, std::string_view text);
/// The same with a file name, as an attachment.
[[nodiscard]] std::string attachment(std::string_view type,
                                     std::string_view file,
                                     std::string_view text);

/// Joins parts: Content-Type field, empty line, body. `boundary` must not occur in any part.
[[nodiscard]] std::string multipart(std::string_view subtype,
                                    std::string_view boundary,
                                    std::span<const std::string> parts);

/// The display name of our mail.
inline constexpr std::string_view kOwnName = "Holdback";
/// The octets of a foreign subject that our own subject shows.
inline constexpr std::size_t kShownSubject = 60;

/// Prefix for continuation lines of foreign text. It marks them as quoted, so that none is a
/// command when a program quotes the mail without marks of its own.
inline constexpr std::string_view kGoesOn = "       | ";

/// Foreign text for a plain text part, broken at spaces into lines of at most 72 octets if
/// possible. Each line but the first begins with `indent`.
[[nodiscard]] std::string wrapped(std::string_view text, std::string_view indent);

}  // namespace holdback::letters
