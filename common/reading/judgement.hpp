// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns a reply into a failure code, with the reasons for it.

#include "reading/knowledge.hpp"
#include "reading/reading.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

struct Judgement {
    terms::FailureCode code = terms::kUnknownFailure;
    /// The id of the rule that decided, otherwise the name of the reading; empty when nothing is
    /// known.
    std::string name;
    /// nullptr when no rule decided. Lives as long as the rules.
    const Rule* rule = nullptr;
    std::size_t rule_rank = 0;
    /// Whom the reply is about and what is wrong, also when a rule decided; nullopt when nothing
    /// could be read.
    std::optional<Reading> reading;
    /// The reading in words; empty when there is none.
    std::string evidence;
    /// The reason why the code is weaker than the rule or the words; empty when there is none.
    std::string_view doubt;

    [[nodiscard]] bool is_known() const { return !name.empty(); }
    /// True when a rule or the lexicon knew the words, and not a code alone.
    [[nodiscard]] bool knows_words() const;
    /// True when only general words or a guess decided.
    [[nodiscard]] bool is_vague() const;
};

/// Finds the rule for a text. The server's own words come before the words around them, so that
/// "SMTP error from remote mail server after RCPT TO" does not explain "550 user unknown". A
/// match on them counts only when its rule reads text.
[[nodiscard]] std::optional<RuleMatch> match_reply(const RuleInput& input, const RuleSet& rules);

/// Asks the rules first, then the words, the enhanced status and the bare reply code. A code that
/// teaches on too little evidence becomes one that does not teach (`certain_code`). Where a shipped
/// rule without a provider names a code that teaches, and the words plainly say something that
/// teaches nothing, the words count.
[[nodiscard]] Judgement judge_reply(const RuleInput& input, const Knowledge& knowledge);

}  // namespace holdback::reading
