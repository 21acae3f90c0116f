// SPDX-License-Identifier: Apache-2.0
#pragma once
// The meaning of a code, a name or an SMTP reply: the answer of `holdbackctl explain`.

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
    /// The catalogue's entry, which lives as long as the catalogue; nullptr when it has none.
    const terms::CodeEntry* entry = nullptr;
    /// What decided: the id of a rule or the name of the reading. Empty for codes, names and
    /// unknown texts.
    std::string rule;
    /// Whom the text is about and what is wrong, with the evidence; empty when nothing was read.
    std::string evidence;
    /// The cause, such as "mailbox-unknown"; empty when nothing was read.
    std::string cause;
    /// The reason why the code teaches less than the words say; empty when there is none.
    std::string doubt;
};

/// A reply as somebody reports it.
struct ReportedReply {
    std::string_view text;
    std::string_view remote_mta;
    SmtpStage stage = SmtpStage::Unknown;  ///< unknown: the text tells it
};

/// Takes a text as an SMTP reply or a diagnostic text, with the codes that it quotes. A text that
/// no rule and no word list knows is 9999.
[[nodiscard]] Explanation explain_reply(const ReportedReply& reply,
                                        const Knowledge& knowledge,
                                        const terms::CodeCatalogue& codes);

/// Explains a code ("2001") or a name ("address-invalid") without any rules; nullopt for anything
/// else.
[[nodiscard]] std::optional<Explanation> explain_code(std::string_view question,
                                                      const terms::CodeCatalogue& codes);

}  // namespace holdback::reading
