// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns a report into failure codes, by the rules and the words.

#include "dsn/report.hpp"
#include "reading/judgement.hpp"
#include "reading/knowledge.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdback::dsn {

/// One recipient's failure, delay or success with its code. The code of a delay names its cause
/// (4003, 3001, ...), never a failure for good. It is 5999 when the cause is unknown.
struct ClassifiedRecipient {
    RecipientReport report;
    terms::FailureCode code = terms::kUnknownFailure;
    /// The id of the rule that decided, "reading/mailbox-unknown" where words decided, "status/..."
    /// or "reply/..." where bare codes did; empty when nothing did.
    std::string rule;
    /// Whom the report is about and what is wrong, for people; empty when nothing could be read.
    std::string evidence;
    /// The reason why the code teaches less than the words say; empty when there is none.
    std::string doubt;
    bool knows_words = false;  ///< a rule or the lexicon knew the words, and not only a code
};

struct Understanding {
    Report report;
    std::vector<ClassifiedRecipient> recipients;
    /// The gravest code of the recipients that failed, or 5999 when none failed; the code of the
    /// kind for a message that is no failure report; nullopt for ordinary mail.
    std::optional<terms::FailureCode> code;
};

/// The gravest code of the recipients that failed; 5999 when none failed.
[[nodiscard]] terms::FailureCode gravest(const std::vector<ClassifiedRecipient>& recipients,
                                         const terms::CodeCatalogue& codes);

/// Gives a parsed report its codes. A failure report that names no recipient still has a code for
/// the message.
[[nodiscard]] Understanding classify(Report report,
                                     const reading::Knowledge& knowledge,
                                     const terms::CodeCatalogue& codes);

/// Reads and classifies a message. Never fails: a failure that nothing explains is 9999.
[[nodiscard]] Understanding understand(const MessageView& message,
                                       const reading::Knowledge& knowledge,
                                       const terms::CodeCatalogue& codes);

}  // namespace holdback::dsn
