// SPDX-License-Identifier: Apache-2.0
#pragma once
// A reply and what is known give a failure code, with the reasons for it.

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
    /// The rule that decided, as an id; else the name of the reading; empty when nothing is known.
    std::string name;
    /// nullptr where no rule decided; lives as long as the rules.
    const Rule* rule = nullptr;
    std::size_t rule_index = 0;
    /// Whom and what, also where a rule decided; nullopt when nothing could be read.
    std::optional<Reading> reading;
    /// The reading in words; empty when there is none.
    std::string evidence;
    /// Why the code is weaker than what the rule or the words say; empty when it is not.
    std::string_view doubt;

    [[nodiscard]] bool is_known() const { return !name.empty(); }
    /// True when a rule or the lexicon knew the words, and not a code alone.
    [[nodiscard]] bool knows_words() const;
    /// True when only general words or a guess decided.
    [[nodiscard]] bool is_vague() const;
};

/// The rule for a text. What the server itself said stands before the words around it, so that
/// "SMTP error from remote mail server after RCPT TO" does not explain "550 user unknown"; it
/// counts only when a rule reads it.
[[nodiscard]] std::optional<RuleMatch> match_reply(const RuleInput& input, const RuleSet& rules);

/// Rules first, then the words, the enhanced status, the bare reply code. A code that teaches and
/// rests on too little is replaced by one that does not (`certain_code`); where a rule's code
/// teaches and the words say for certain something that does not, the words count.
[[nodiscard]] Judgement judge_reply(const RuleInput& input, const Knowledge& knowledge);

}  // namespace holdback::reading
