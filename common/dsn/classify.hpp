// SPDX-License-Identifier: Apache-2.0
#pragma once
// A report and the rules give failure codes.

#include "dsn/report.hpp"
#include "reading/judgement.hpp"
#include "reading/knowledge.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdback::dsn {

/// One recipient's failure, delay or success with its code. The code of a delay names its cause
/// (4003, 3001, ...), never a failure for good, and is 5999 when no rule knows the cause.
struct ClassifiedRecipient {
    RecipientReport report;
    terms::FailureCode code = terms::kUnknownFailure;
    /// Id of the rule that decided, or "reading/mailbox-unknown" where the words did,
    /// "status/..." or "reply/..." where bare codes did; empty when nothing did.
    std::string rule;
    /// Whom and what, as people read it; empty when nothing could be read.
    std::string evidence;
    /// Why the code teaches less than the words say; empty when it does not.
    std::string doubt;
    bool knows_words = false;  ///< a rule or the lexicon knew the words, and not a code alone
};

/// All that is understood of a message.
struct Understanding {
    Report report;
    std::vector<ClassifiedRecipient> recipients;
    /// The gravest code of the recipients that failed, 5999 when none of them did; nullopt for
    /// ordinary mail.
    std::optional<terms::FailureCode> code;
};

/// The gravest code of those that failed; 5999 when nobody did.
[[nodiscard]] terms::FailureCode gravest(const std::vector<ClassifiedRecipient>& recipients,
                                         const terms::CodeCatalogue& codes);

/// Gives a report that is already parsed its codes. A report whose text names no recipient still
/// has a code for the message.
[[nodiscard]] Understanding classify(Report report,
                                     const reading::Knowledge& knowledge,
                                     const terms::CodeCatalogue& codes);

/// Reads and classifies a message. Never fails: what no rule knows is 9999.
[[nodiscard]] Understanding understand(const MessageView& message,
                                       const reading::Knowledge& knowledge,
                                       const terms::CodeCatalogue& codes);

}  // namespace holdback::dsn
