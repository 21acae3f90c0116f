// SPDX-License-Identifier: Apache-2.0
#include "reading/judgement.hpp"

#include "reading/certainty.hpp"
#include "reading/knowledge.hpp"
#include "reading/lexicon.hpp"
#include "reading/reading.hpp"
#include "reading/rule_set.hpp"
#include "reading/rule_text.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>

namespace holdback::reading {

namespace {

ReplyFacts facts_of(const RuleInput& input) {
    ReplyFacts facts{.text = input.text,
                     .reply_code = input.reply_code,
                     .status = input.status,
                     .stage = input.stage};
    facts.stage = stage_of(facts);
    return facts;
}

terms::FailureCode code_of(const std::optional<Reading>& reading,
                           const ReplyFacts& facts,
                           const Lexicon& lexicon) {
    if (!reading.has_value()) {
        return terms::kUnknownFailure;
    }
    return lexicon.causes()
        .code_of(reading->cause, facts.is_transient())
        .value_or(terms::kUnknownFailure);
}

/// True when a shipped rule without a provider names a code that teaches, and the words plainly say
/// something that teaches nothing.
bool contradicts(const Claim& claim, terms::FailureCode by_reading) {
    if (claim.rule == nullptr || claim.rule->local || !claim.rule->provider.empty() ||
        claim.reading == nullptr || !needs_evidence(claim.code)) {
        return false;
    }
    const Statement& said = claim.reading->statement;
    const bool plain = claim.reading->read_from == ReadFrom::Words && !said.weak && !said.guess;
    return plain && by_reading != terms::kUnknownFailure && !needs_evidence(by_reading);
}

}  // namespace

bool Judgement::knows_words() const {
    if (rule != nullptr) {
        return rule->reads_text();
    }
    return reading.has_value() && reading->read_from == ReadFrom::Words;
}

bool Judgement::is_vague() const {
    return rule == nullptr && (!reading.has_value() || reading->read_from != ReadFrom::Words ||
                               reading->statement.weak || reading->statement.guess);
}

std::optional<RuleMatch> match_reply(const RuleInput& input, const RuleSet& rules) {
    if (const std::string reply = quoted_reply(input.text); !reply.empty()) {
        RuleInput own_words = input;
        own_words.text = reply;
        const auto match = rules.match(own_words);
        if (match.has_value() && match->rule->reads_text()) {
            return match;
        }
    }
    return rules.match(input);
}

Judgement judge_reply(const RuleInput& input, const Knowledge& knowledge) {
    const ReplyFacts facts = facts_of(input);
    Judgement judgement;
    judgement.reading = read_reply(facts, knowledge.lexicon);
    if (judgement.reading.has_value()) {
        judgement.evidence = judgement.reading->words(facts);
    }
    const terms::FailureCode by_reading = code_of(judgement.reading, facts, knowledge.lexicon);
    Claim claim{.code = terms::kUnknownFailure,
                .facts = facts,
                .reading = judgement.reading.has_value() ? &*judgement.reading : nullptr,
                .rule = nullptr};
    if (const auto match = match_reply(input, knowledge.rules)) {
        judgement.rule = match->rule;
        judgement.rule_rank = match->rank;
        judgement.name = match->rule->id;
        claim.rule = match->rule;
        claim.code = match->rule->code;
    } else if (judgement.reading.has_value()) {
        judgement.name = judgement.reading->name();
        claim.code = by_reading;
    }
    const CertainCode certain = certain_code(claim);
    judgement.code = certain.code;
    judgement.doubt = certain.doubt;
    if (contradicts(claim, by_reading)) {
        judgement.code = by_reading;
        judgement.doubt = "the words say something that is not about the recipient";
    }
    return judgement;
}

}  // namespace holdback::reading
