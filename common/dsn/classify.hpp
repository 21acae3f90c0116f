// SPDX-License-Identifier: Apache-2.0
#pragma once
// A report and the rules give failure codes.

#include "dsn/report.hpp"
#include "dsn/rule_set.hpp"
#include "mail/failure_code.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdback::dsn {

/// One recipient's failure, delay or success with its code. The code of a delay names its cause
/// (4003, 3001, ...), never a failure for good, and is 5999 when no rule knows the cause.
struct ClassifiedRecipient {
    RecipientReport report;
    mail::FailureCode code = mail::kUnknownFailure;
    std::string rule;  ///< id of the rule that decided; empty when none did
};

/// All that is understood of a message.
struct Understanding {
    Report report;
    std::vector<ClassifiedRecipient> recipients;
    /// The gravest code of the recipients that failed, 5999 when none of them did; nullopt for
    /// ordinary mail.
    std::optional<mail::FailureCode> code;
};

/// The rule for a text. What the server itself said stands before the words around it, so that
/// "SMTP error from remote mail server after RCPT TO" does not explain "550 user unknown"; it
/// counts only when a rule reads it.
[[nodiscard]] std::optional<RuleMatch> match_reply(const RuleInput& input, const RuleSet& rules);

/// Gives a report that is already parsed its codes. A report whose text names no recipient still
/// has a code for the message.
[[nodiscard]] Understanding classify(Report report,
                                     const RuleSet& rules,
                                     const mail::CodeCatalogue& codes);

/// Reads and classifies a message. Never fails: what no rule knows is 9999.
[[nodiscard]] Understanding understand(const MessageView& message,
                                       const RuleSet& rules,
                                       const mail::CodeCatalogue& codes);

}  // namespace holdback::dsn
