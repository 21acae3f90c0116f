// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every mail of our own is made of: header fields, MIME parts, and foreign text made safe for
// each of them. All lines end with CRLF and have at most 78 octets where a line can be broken (RFC
// 5322 section 2.1.1).

#include "core/clock.hpp"
#include "core/safe_text.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

/// A date as RFC 5322 section 3.3 writes it, in UTC: "Sat, 21 Nov 2026 10:00:00 +0000".
[[nodiscard]] std::string rfc5322_date(core::TimePoint time);

/// "1 day", "90 minutes": in the largest unit that leaves a whole number.
[[nodiscard]] std::string plain_duration(std::chrono::seconds duration);

/// The first `most` octets of a text, cut between characters, with "…" when something is missing.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// "Name: value" and the line end, folded; words that are not ASCII as encoded words in UTF-8 (RFC
/// 2047). `value` may be foreign. Not for addresses: see `address_field`.
[[nodiscard]] std::string header_field(std::string_view name, std::string_view value);

/// "Name: <address>"; an address that is not ASCII stands as it is (RFC 6532).
[[nodiscard]] std::string address_field(std::string_view name,
                                        std::string_view display_name,
                                        std::string_view address);

/// Text in quoted-printable (RFC 2045 section 6.7). Line ends may be LF or CRLF.
[[nodiscard]] std::string quoted_printable(std::string_view text);

/// A page for the HTML part of a mail: `inner` stands in its body. It is readable on a telephone,
/// and light or dark as the reader has it: `inner` sets no colours. `language` is a tag of RFC
/// 5646.
[[nodiscard]] std::string html_page(std::string_view inner, std::string_view language = "en");

/// Header fields of a mail of ours. All but `host` may be foreign.
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

/// The header down to MIME-Version, without Content-Type. It asks Exchange for no automatic answer,
/// and bears the mark by which another Holdback knows that it reports no failure.
[[nodiscard]] std::string own_header(const OwnHeader& header);

/// A part or a whole body of a text type: its header fields, the empty line, the encoded text.
/// `type` is "text/plain", "text/html", "text/csv; header=present".
[[nodiscard]] std::string text_part(std::string_view type, std::string_view text);
/// The same with a file name, as an attachment.
[[nodiscard]] std::string attachment(std::string_view type,
                                     std::string_view file,
                                     std::string_view text);

/// Parts put together: Content-Type field, empty line, body. `boundary` stands in none of them.
[[nodiscard]] std::string multipart(std::string_view subtype,
                                    std::string_view boundary,
                                    std::span<const std::string> parts);

/// Who writes our mail.
inline constexpr std::string_view kOwnName = "Holdback";
/// So much of a foreign subject is shown in ours, in octets.
inline constexpr std::size_t kShownSubject = 60;

/// What stands in front of lines to which a foreign text goes on: a mark of quoted text, so that no
/// such line is a command when a program quotes the mail without marks of its own.
inline constexpr std::string_view kGoesOn = "       | ";

/// Foreign text for the plain text of a mail, broken at its spaces so that no line is longer than
/// 72 octets; each line but the first begins with `indent`.
[[nodiscard]] std::string wrapped(std::string_view text, std::string_view indent);

}  // namespace holdback::letters
