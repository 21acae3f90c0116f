// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a code, a name or an SMTP reply means: the answer of `holdbackctl explain`.

#include "reading/knowledge.hpp"
#include "reading/rule_set.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

struct Explanation {
    terms::FailureCode code = terms::kUnknownFailure;
    /// The catalogue's entry; nullptr when the catalogue lacks the code. Lives as long as it.
    const terms::CodeEntry* entry = nullptr;
    /// What decided: the id of a rule, or the name of the reading; empty for codes, names and
    /// unknown texts.
    std::string rule;
    /// Whom the text speaks of and what is wrong, with the evidence; empty when nothing shows.
    std::string evidence;
    /// "mailbox-unknown"; empty when nothing shows.
    std::string cause;
    /// Why the code teaches less than the words say; empty when it does not.
    std::string doubt;
};

/// A reply as somebody reports it.
struct ReportedReply {
    std::string_view text;
    std::string_view remote_mta;
    SmtpStage stage = SmtpStage::Unknown;  ///< unknown: as the text tells it
};

/// Takes a text as an SMTP reply or a diagnostic text, with its codes if it quotes any. A text that
/// nothing knows is 9999.
[[nodiscard]] Explanation explain_reply(const ReportedReply& reply,
                                        const Knowledge& knowledge,
                                        const terms::CodeCatalogue& codes);

/// A code ("2001") or a name ("address-invalid"), for which no rules are needed; nullopt for what
/// is neither.
[[nodiscard]] std::optional<Explanation> explain_code(std::string_view question,
                                                      const terms::CodeCatalogue& codes);

}  // namespace holdback::reading
