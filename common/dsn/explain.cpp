// SPDX-License-Identifier: Apache-2.0
#include "dsn/explain.hpp"

#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/rule_set.hpp"
#include "dsn/rule_text.hpp"
#include "dsn/smtp_stage.hpp"
#include "mail/failure_code.hpp"

#include <string>
#include <string_view>

namespace holdback::dsn {

Explanation explain_reply(std::string_view text,
                          const RuleSet& rules,
                          const mail::CodeCatalogue& codes) {
    const QuotedCodes quoted = quoted_codes(text);
    const std::string told = text_with_stage(text, stage_in(text));
    const auto match = match_reply({.reply_code = quoted.reply_code,
                                    .status = quoted.status,
                                    .text = told,
                                    .remote_mta = {},
                                    .reporting_mta = {}},
                                   rules);
    Explanation explanation;
    if (match.has_value()) {
        explanation.rule = match->rule;
        explanation.code = match->rule->code;
    }
    explanation.entry = codes.find(explanation.code);
    return explanation;
}

Explanation explain(std::string_view question,
                    const RuleSet& rules,
                    const mail::CodeCatalogue& codes) {
    const std::string_view wanted = core::trim(question);
    if (const auto code = mail::FailureCode::parse(wanted)) {
        return {.code = *code, .entry = codes.find(*code), .rule = nullptr};
    }
    if (const mail::CodeEntry* entry = codes.find_name(core::to_lower(wanted))) {
        return {.code = entry->code, .entry = entry, .rule = nullptr};
    }
    return explain_reply(wanted, rules, codes);
}

}  // namespace holdback::dsn
