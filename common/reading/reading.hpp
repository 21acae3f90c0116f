// SPDX-License-Identifier: Apache-2.0
#pragma once
// A reply, read: whom it speaks of and what is wrong, and by which evidence.

#include "mail/enhanced_status.hpp"
#include "reading/cause.hpp"
#include "reading/lexicon.hpp"
#include "reading/smtp_stage.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// What is known of a reply before it is read.
struct ReplyFacts {
    std::string_view text;
    int reply_code = 0;  ///< 0 when unknown
    std::optional<mail::EnhancedStatus> status;
    SmtpStage stage = SmtpStage::Unknown;

    /// True when a code says that it is for now. The reply code stands before the status.
    [[nodiscard]] bool is_transient() const;
    /// True when a code says that it is for good.
    [[nodiscard]] bool is_permanent() const;
};

/// What the cause of a reading comes from.
enum class ReadFrom : std::uint8_t {
    Words,   ///< a phrase of the lexicon
    Status,  ///< the enhanced status, since the words say nothing or little
    Reply,   ///< the bare reply code
};

/// How much words say.
enum class Strength : std::uint8_t {
    Alone,     ///< what is wrong; whom is what it usually is about
    Composed,  ///< what and whom stand in one clause
    Explicit,  ///< one phrase says both
};

/// One thing that a text says.
struct Statement {
    Cause cause;
    Strength strength = Strength::Alone;
    bool guess = false;       ///< "may not exist"
    bool weak = false;        ///< an end state or a general word
    bool introduced = false;  ///< "Recipient address rejected: ...": stands before more
    std::uint32_t line = 0;
    std::string what_words;  ///< as they stand in the text
    std::string whom_words;  ///< empty where `what_words` say it or nothing does
};

struct Reading {
    Cause cause;
    ReadFrom read_from = ReadFrom::Words;
    /// What decided, where words did; otherwise what the words said besides, if anything.
    Statement statement;
    /// All that the words say, in their order, `statement` included.
    std::vector<Statement> said;

    /// "reading/mailbox-unknown", "status/host-listed", "reply/mailbox-refused": the name that
    /// stands for a rule where the reading decides.
    [[nodiscard]] std::string name() const;
    /// "about the sender: 'your IP' ... 'is blocked', X.7.1": for people.
    [[nodiscard]] std::string words(const ReplyFacts& facts) const;
};

/// What the words of a text say. Linear in the text.
[[nodiscard]] std::vector<Statement> statements_in(std::string_view text,
                                                   SmtpStage stage,
                                                   const Lexicon& lexicon);

/// The stage that a reply is read for: X.1.7 and X.1.8, and the replies to AUTH, speak of the
/// sender as those to MAIL do.
[[nodiscard]] SmtpStage stage_of(const ReplyFacts& facts);

/// Reads a reply. What the server itself said stands before the words around it. A stated cause
/// stands before an end state or a general word, and before the status; the status before general
/// words, unless they speak of the sender or his host and it of the recipient; the bare reply code
/// is last. nullopt when nothing says anything.
[[nodiscard]] std::optional<Reading> read_reply(const ReplyFacts& facts, const Lexicon& lexicon);

}  // namespace holdback::reading
