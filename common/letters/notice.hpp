// SPDX-License-Identifier: Apache-2.0
#pragma once
// The notice that tells a sender which recipients of a campaign are held, and the mail that
// confirms the effect of an answer to it.

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

/// At most this many rows of a notice are in its text; its CSV part has all.
inline constexpr std::size_t kMostNoticeRows = 100;

/// False when nobody is told of the held recipients of this mail: it has the null sender, or is
/// itself a report or an automatic reply.
[[nodiscard]] bool is_told_of(const mail::Envelope& envelope, const mail::HeaderList& headers);

/// One held recipient. All texts may be foreign.
struct NoticeRow {
    std::int64_t item = 0;  ///< the item number, for administrators
    std::string address;
    std::string subject;  ///< of the message, decoded
    std::string message_id;
    std::string finding;  ///< wire name
    int code = 0;
    std::string reason;       ///< one clause in plain words
    std::string advice;       ///< one clause, or empty
    std::string suggestion;   ///< an address, or empty
    bool can_release = true;  ///< an answer can release it, within the budget
    core::TimePoint held_at;
};

/// A recipient without findings whom the MTA refused. All texts may be foreign.
struct RefusedRow {
    std::string address;
    std::string answer;  ///< the MTA's reply

    bool operator==(const RefusedRow&) const = default;
};

/// The content of a notice. Row i has the number i + 1.
struct NoticeFacts {
    std::string address;  ///< our address, from which the notice comes and to which answers go
    std::string to;       ///< whom to tell
    std::string token;
    std::string host;  ///< for the Message-ID
    std::string campaign;
    std::vector<NoticeRow> rows;
    std::vector<RefusedRow> refused;  ///< of the same messages; without numbers
    core::TimePoint now;
    /// Why the whole campaign was stopped, in plain words; empty: it was not.
    std::string stopped;
    /// False when no answer can release: the held mail had no authenticated user.
    bool by_answer = true;
    /// Only answers of this SASL user and this envelope sender are obeyed. Set where the reader may
    /// be somebody else; both may be foreign, or empty.
    std::string only_user;
    std::string only_sender;
    config::Rate budget{100, std::chrono::days(1)};
    /// The number of recipients that can be released now.
    std::size_t left = 100;
    /// The words of the settings about whom to ask; if empty, `postmaster` is named.
    std::string contact;
    std::string postmaster;
    std::string language = "en";
    /// When the first item expires, and what happens then.
    std::optional<core::TimePoint> expires_at;
    config::AtExpiry at_expiry = config::AtExpiry::Return;
};

/// A multipart/mixed message: text and HTML as alternatives, and the rows (at least one) as
/// text/csv.
[[nodiscard]] std::string compose_notice(const NoticeFacts& facts, const NoticeTexts& texts = {});

/// The plain text of a notice, with "\n" line ends. No line of it can be read as a command.
[[nodiscard]] std::string notice_text(const NoticeFacts& facts, const NoticeTexts& texts = {});

/// The outcome for one number of an answer.
struct ConfirmedRow {
    std::size_t number = 0;
    std::string address;
    std::string outcome;  ///< in the language of the notice
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

/// A text/plain message with `Auto-Submitted: auto-replied` and without a token.
[[nodiscard]] std::string compose_confirmation(const ConfirmationFacts& facts,
                                               const NoticeTexts& texts = {});

}  // namespace holdback::letters
