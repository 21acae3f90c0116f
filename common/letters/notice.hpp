// SPDX-License-Identifier: Apache-2.0
#pragma once
// The mail by which a sender is told who of a campaign's recipients was held, and the mail that
// confirms what an answer to it has done.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "letters/notice_texts.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdback::letters {

/// Rows of a notice that stand in its text; its CSV part has all.
inline constexpr std::size_t kMostNoticeRows = 100;

/// False for mail about whose held recipients nobody is told: it has no sender, or is a report or
/// an automatic answer itself.
[[nodiscard]] bool is_told_of(const mail::Envelope& envelope, const mail::HeaderList& headers);

/// One held recipient. All texts may be foreign.
struct NoticeRow {
    std::int64_t item = 0;  ///< the number that administrators use
    std::string address;
    std::string subject;  ///< of the message, decoded
    std::string message_id;
    std::string finding;  ///< wire name
    int code = 0;
    std::string reason;       ///< one clause in plain words
    std::string advice;       ///< one clause, or empty
    std::string suggestion;   ///< an address, or empty
    bool can_release = true;  ///< by an answer, as far as the budget goes
    core::TimePoint held_at;
};

/// A recipient in whom nothing was wrong, and to whom the MTA did not send on. All may be foreign.
struct RefusedRow {
    std::string address;
    std::string answer;  ///< the MTA's

    bool operator==(const RefusedRow&) const = default;
};

/// What a notice is made of. Row i has the number i + 1.
struct NoticeFacts {
    std::string address;  ///< from which it comes and to which answers go
    std::string to;       ///< whom to tell
    std::string token;
    std::string host;  ///< of the Message-ID
    std::string campaign;
    std::vector<NoticeRow> rows;
    std::vector<RefusedRow> refused;  ///< of the same messages; they have no numbers
    core::TimePoint now;
    /// Why the campaign was stopped as a whole, in plain words; empty: it was not.
    std::string stopped;
    /// False when no answer can release: the mail had no authenticated user.
    bool by_answer = true;
    /// Whose answer alone is obeyed, where that may be another one than the reader: a SASL user, an
    /// envelope sender; both may be foreign, and empty.
    std::string only_user;
    std::string only_sender;
    config::Rate budget{100, std::chrono::days(1)};
    /// So many recipients can be released just now.
    std::size_t left = 100;
    /// Whom to ask: words of the settings, or else this address.
    std::string contact;
    std::string postmaster;
    std::string language = "en";
    /// When the first of them ends, and how.
    std::optional<core::TimePoint> expires_at;
    config::AtExpiry at_expiry = config::AtExpiry::Return;
};

/// A multipart/mixed message: text and HTML as alternatives, and the rows as text/csv.
[[nodiscard]] std::string compose_notice(const NoticeFacts& facts, const NoticeTexts& texts = {});

/// The plain text of a notice, with "\n" line ends. No line of it reads as a command.
[[nodiscard]] std::string notice_text(const NoticeFacts& facts, const NoticeTexts& texts = {});

/// What became of one number of an answer.
struct ConfirmedRow {
    std::size_t number = 0;
    std::string address;
    std::string outcome;  ///< in the words of the language
};

struct ConfirmationFacts {
    std::string address;      ///< from which it comes
    std::string to;           ///< whom to tell
    std::string message_id;   ///< without brackets
    std::string in_reply_to;  ///< Message-ID of the answer, or empty; foreign
    std::string subject;      ///< of the held mail; foreign
    std::string refused;      ///< why nothing was done at all, in plain words; or empty
    std::vector<ConfirmedRow> rows;
    std::vector<std::string> remarks;
    core::TimePoint now;
};

/// A text/plain message. It bears no token and `Auto-Submitted: auto-replied`.
[[nodiscard]] std::string compose_confirmation(const ConfirmationFacts& facts,
                                               const NoticeTexts& texts = {});

}  // namespace holdback::letters
