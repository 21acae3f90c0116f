// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/bounces/explain.hpp"

#include "core/text.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "reading/explain.hpp"
#include "report/glossary.hpp"
#include "terms/failure_code.hpp"

#include <expected>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

std::string_view resend_words(const terms::CodeEntry& entry) {
    return entry.resend_helps ? "may help" : "does not help";
}

void write_entry(const CommandContext& context,
                 const reading::Explanation& explanation,
                 const terms::CodeEntry& entry) {
    FieldList fields;
    fields.add("code", fmt::format("{} {}", entry.code.number(), entry.name));
    fields.add("class", wire_name(entry.failure_class));
    if (entry.parent.has_value()) {
        fields.add("extension of", fmt::format("{}", entry.parent->number()));
    }
    fields.add("meaning", entry.meaning);
    fields.add("who must act", wire_name(entry.who));
    fields.add("what to do", entry.advice);
    fields.add("sending again", resend_words(entry));
    fields.add("learning", wire_name(entry.learning));
    if (!explanation.rule.empty()) {
        fields.add("rule", explanation.rule);
    }
    if (!explanation.evidence.empty()) {
        fields.add("evidence", explanation.evidence);
    }
    if (!explanation.doubt.empty()) {
        fields.add("not certain", explanation.doubt);
    }
    fields.write(context.out);
}

Json entry_json(const std::string& question,
                const reading::Explanation& explanation,
                const terms::CodeEntry& entry) {
    return {
        {"question", question},
        {"code", entry.code.number()},
        {"name", entry.name},
        {"class", wire_name(entry.failure_class)},
        {"parent", entry.parent.has_value() ? Json(entry.parent->number()) : Json(nullptr)},
        {"meaning", entry.meaning},
        {"who", wire_name(entry.who)},
        {"advice", entry.advice},
        {"resend_helps", entry.resend_helps},
        {"learning", wire_name(entry.learning)},
        {"rule", text_or_null(explanation.rule)},
        {"cause", text_or_null(explanation.cause)},
        {"evidence", text_or_null(explanation.evidence)},
        {"doubt", text_or_null(explanation.doubt)},
    };
}

void write_word(const CommandContext& context,
                const std::string& question,
                const report::Word& word) {
    if (context.json()) {
        write_json(context.out,
                   {{"question", question},
                    {"kind", report::plain_words(word.kind)},
                    {"name", word.name},
                    {"meaning", word.meaning},
                    {"advice", text_or_null(word.advice)}});
        return;
    }
    FieldList fields;
    fields.add(report::plain_words(word.kind), word.name);
    fields.add("meaning", word.meaning);
    fields.add("what to do", word.advice);
    fields.write(context.out);
}

CommandResult write(const CommandContext& context,
                    const std::string& question,
                    const reading::Explanation& explanation) {
    if (explanation.entry == nullptr) {
        return std::unexpected(CommandError{
            Exit::No, fmt::format("the catalogue has no code {}", explanation.code.number())});
    }
    if (context.json()) {
        write_json(context.out, entry_json(question, explanation, *explanation.entry));
    } else {
        write_entry(context, explanation, *explanation.entry);
    }
    return Exit::Done;
}

}  // namespace

CommandResult explain(const CommandContext& context, const std::string& question) {
    const auto codes = load_tool_codes(context);
    if (!codes.has_value()) {
        return std::unexpected(codes.error());
    }
    if (const auto asked_for = reading::explain_code(question, *codes)) {
        return write(context, question, *asked_for);
    }
    if (const auto word = report::find_word(question)) {
        write_word(context, question, *word);
        return Exit::Done;
    }
    const auto snapshot = load_tool_snapshot(context);
    if (!snapshot.has_value()) {
        return std::unexpected(snapshot.error());
    }
    const reading::Explanation explanation =
        reading::explain_reply({.text = core::trim(question), .remote_mta = {}},
                               (*snapshot)->knowledge,
                               (*snapshot)->codes);
    const CommandResult written = write(context, question, explanation);
    if (written.has_value() && explanation.rule.empty()) {
        context.err << "holdbackctl: no rule knows this text\n";
        return Exit::No;
    }
    return written;
}

}  // namespace holdback::milter::ctl
