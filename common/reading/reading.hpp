// SPDX-License-Identifier: Apache-2.0
#pragma once
// A reply, read: whom it is about, what is wrong, and the evidence for it.

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

struct ReplyFacts {
    std::string_view text;
    int reply_code = 0;  ///< 0 when unknown
    std::optional<mail::EnhancedStatus> status;
    SmtpStage stage = SmtpStage::Unknown;

    /// True for class 4. The reply code decides; the status counts only without one.
    [[nodiscard]] bool is_transient() const;
    /// True for class 5, in the same way.
    [[nodiscard]] bool is_permanent() const;
};

/// The source of a reading's cause.
enum class ReadFrom : std::uint8_t {
    Words,   ///< a phrase of the lexicon
    Status,  ///< the enhanced status, because the words say nothing or little
    Reply,   ///< the bare reply code
};

/// How firmly words state a cause.
enum class Strength : std::uint8_t {
    Alone,     ///< only what is wrong; whom is assumed
    Composed,  ///< what and whom stand in one clause
    Explicit,  ///< one phrase says both
};

/// One thing that a text says.
struct Statement {
    Cause cause;
    Strength strength = Strength::Alone;
    bool guess = false;       ///< "may not exist"
    bool weak = false;        ///< an end state or a general word
    bool introduced = false;  ///< "Recipient address rejected: ...": more follows
    std::uint32_t line = 0;
    std::string what_words;  ///< as they stand in the text
    std::string whom_words;  ///< empty where `what_words` or nothing says it
};

struct Reading {
    Cause cause;
    ReadFrom read_from = ReadFrom::Words;
    /// The statement that decided, if words decided; otherwise what the words said besides, if
    /// anything.
    Statement statement;
    /// Everything that the words say, in their order, including `statement`.
    std::vector<Statement> said;

    /// "reading/mailbox-unknown", "status/host-listed", "reply/mailbox-refused": it stands for a
    /// rule's id when the reading decides.
    [[nodiscard]] std::string name() const;
    /// For people: "about the sending host, listed: 'your IP', 'is blocked', 550, X.7.1".
    [[nodiscard]] std::string words(const ReplyFacts& facts) const;
};

/// Returns what the words of a text say. Linear in the text.
[[nodiscard]] std::vector<Statement> statements_in(std::string_view text,
                                                   SmtpStage stage,
                                                   const Lexicon& lexicon);

/// The stage that a reply is read for. X.1.7, X.1.8 and the replies to AUTH are about the sender,
/// like the replies to MAIL.
[[nodiscard]] SmtpStage stage_of(const ReplyFacts& facts);

/// Reads a reply. The server's own words count before the words around them. A stated cause counts
/// before an end state or a general word, and before the status. The status counts before general
/// words, unless they are about the sender or the sending host and it is about the recipient. The
/// bare reply code comes last. nullopt when nothing says anything.
[[nodiscard]] std::optional<Reading> read_reply(const ReplyFacts& facts, const Lexicon& lexicon);

}  // namespace holdback::reading
