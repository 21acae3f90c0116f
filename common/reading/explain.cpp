// SPDX-License-Identifier: Apache-2.0
#include "reading/explain.hpp"

#include "core/text.hpp"
#include "reading/cause.hpp"
#include "reading/judgement.hpp"
#include "reading/knowledge.hpp"
#include "reading/rule_text.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::reading {

namespace {

Explanation explanation_of(terms::FailureCode code, const terms::CodeCatalogue& codes) {
    Explanation explanation;
    explanation.code = code;
    explanation.entry = codes.find(code);
    return explanation;
}

}  // namespace

Explanation explain_reply(const ReportedReply& reply,
                          const Knowledge& knowledge,
                          const terms::CodeCatalogue& codes) {
    const QuotedCodes quoted = quoted_codes(reply.text);
    const SmtpStage stage = reply.stage == SmtpStage::Unknown ? stage_in(reply.text) : reply.stage;
    const std::string told = text_with_stage(reply.text, stage);
    Judgement judgement = judge_reply({.reply_code = quoted.reply_code,
                                       .status = quoted.status,
                                       .text = told,
                                       .remote_mta = reply.remote_mta,
                                       .reporting_mta = {},
                                       .stage = stage},
                                      knowledge);
    Explanation explanation = explanation_of(judgement.code, codes);
    explanation.rule = std::move(judgement.name);
    explanation.evidence = std::move(judgement.evidence);
    explanation.doubt = judgement.doubt;
    if (judgement.reading.has_value()) {
        explanation.cause = wire_name(judgement.reading->cause);
    }
    return explanation;
}

std::optional<Explanation> explain_code(std::string_view question,
                                        const terms::CodeCatalogue& codes) {
    const std::string_view wanted = core::trim(question);
    if (const auto code = terms::FailureCode::parse(wanted)) {
        return explanation_of(*code, codes);
    }
    if (const terms::CodeEntry* entry = codes.find_name(core::to_lower(wanted))) {
        return explanation_of(entry->code, codes);
    }
    return std::nullopt;
}

}  // namespace holdback::reading
