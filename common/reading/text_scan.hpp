// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds addresses and SMTP replies in text that was written for humans. All calls are linear in the
// length of their text.

#include "mail/smtp_reply.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// The lines of a text without their "\n"; the views point into `text`.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

/// The trimmed text, with each run of white space as one space.
[[nodiscard]] std::string one_line(std::string_view text);

/// An address in a text, and its place.
struct FoundAddress {
    std::size_t begin;  ///< offset of its first octet
    std::size_t end;    ///< offset behind its last octet
    std::string_view text;
};

/// Finds what looks like an address (local part, "@", domain), in order, at most `most` of them.
[[nodiscard]] std::vector<FoundAddress> find_addresses(std::string_view text,
                                                       std::size_t most = 64);

/// The first address in a text, or empty.
[[nodiscard]] std::string_view first_address(std::string_view text);

/// How much evidence three digits need to count as a reply code.
enum class ReplyContext : std::uint8_t {
    Field,  ///< a field made for replies: the first word that can be a code is one
    Prose,  ///< free text: the code must be followed by a status of its class, or introduced
};

/// Where the first SMTP failure reply (4yz or 5yz) begins, or nullopt.
[[nodiscard]] std::optional<std::size_t> find_reply(std::string_view text, ReplyContext context);

/// The reply that begins at an offset from `find_reply`. The enhanced status stands behind the
/// code, or anywhere in the text ("… (#5.1.1)") when its class agrees.
[[nodiscard]] std::optional<mail::SmtpReply> reply_at(std::string_view text, std::size_t at);

/// The reply that a text quotes, with its lines joined by `join_reply_lines`.
[[nodiscard]] std::optional<mail::SmtpReply> quoted_reply(std::string_view text,
                                                          ReplyContext context);

/// The text as one line. A reply of several lines ("550-5.1.1 a 550-5.1.1 b 550 5.1.1 c") keeps its
/// code and status only once ("550 5.1.1 a b c").
[[nodiscard]] std::string join_reply_lines(std::string_view text);

/// The beginning of the text, at most `most` octets, cut between characters.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t most);

}  // namespace holdback::reading
