// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a code, a name or an SMTP reply means: the answer of `holdbackctl explain`.

#include "dsn/rule_set.hpp"
#include "mail/failure_code.hpp"

#include <string_view>

namespace holdback::dsn {

struct Explanation {
    mail::FailureCode code = mail::kUnknownFailure;
    /// The catalogue's entry; nullptr when the catalogue lacks the code. Lives as long as it.
    const mail::CodeEntry* entry = nullptr;
    /// The rule that knew the text; nullptr for codes, names and unknown texts. Lives as long as
    /// the rules.
    const Rule* rule = nullptr;
};

/// Takes a text as an SMTP reply or a diagnostic text, with its codes if it quotes any. A text that
/// no rule knows is 9999.
[[nodiscard]] Explanation explain_reply(std::string_view text,
                                        const RuleSet& rules,
                                        const mail::CodeCatalogue& codes);

/// A code ("2001"), a name ("address-invalid") or, failing both, a reply.
[[nodiscard]] Explanation explain(std::string_view question,
                                  const RuleSet& rules,
                                  const mail::CodeCatalogue& codes);

}  // namespace holdback::dsn
