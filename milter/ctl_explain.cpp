// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_explain.hpp"

#include "core/text.hpp"
#include "dsn/explain.hpp"
#include "mail/failure_code.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_output.hpp"
#include "milter/ctl_sources.hpp"

#include <expected>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

std::string_view resend_words(const mail::CodeEntry& entry) {
    return entry.resend_helps ? "may help" : "does not help";
}

void write_entry(const CommandContext& context,
                 const dsn::Explanation& explanation,
                 const mail::CodeEntry& entry) {
    FieldList fields;
    fields.add("code", fmt::format("{} {}", entry.code.number(), entry.name));
    fields.add("class", mail::wire_name(entry.failure_class));
    if (entry.parent.has_value()) {
        fields.add("extension of", fmt::format("{}", entry.parent->number()));
    }
    fields.add("meaning", entry.meaning);
    fields.add("who must act", mail::wire_name(entry.who));
    fields.add("what to do", entry.advice);
    fields.add("sending again", resend_words(entry));
    fields.add("learning", mail::wire_name(entry.learning));
    if (explanation.rule != nullptr) {
        fields.add("rule", explanation.rule->id);
    }
    fields.write(context.out);
}

Json entry_json(const std::string& question,
                const dsn::Explanation& explanation,
                const mail::CodeEntry& entry) {
    return {
        {"question", question},
        {"code", entry.code.number()},
        {"name", entry.name},
        {"class", mail::wire_name(entry.failure_class)},
        {"parent", entry.parent.has_value() ? Json(entry.parent->number()) : Json(nullptr)},
        {"meaning", entry.meaning},
        {"who", mail::wire_name(entry.who)},
        {"advice", entry.advice},
        {"resend_helps", entry.resend_helps},
        {"learning", mail::wire_name(entry.learning)},
        {"rule", explanation.rule == nullptr ? Json(nullptr) : Json(explanation.rule->id)},
    };
}

}  // namespace

CommandResult explain(const CommandContext& context, const std::string& question) {
    const auto snapshot = load_tool_snapshot(context);
    if (!snapshot.has_value()) {
        return std::unexpected(snapshot.error());
    }
    const dsn::Explanation explanation =
        dsn::explain(question, (*snapshot)->rules, (*snapshot)->codes);
    if (explanation.entry == nullptr) {
        return std::unexpected(CommandError{
            Exit::No, fmt::format("the catalogue has no code {}", explanation.code.number())});
    }
    if (context.json()) {
        write_json(context.out, entry_json(question, explanation, *explanation.entry));
    } else {
        write_entry(context, explanation, *explanation.entry);
    }
    const bool asked_for_it =
        (*snapshot)->codes.find_name(core::to_lower(core::trim(question))) != nullptr ||
        mail::FailureCode::parse(core::trim(question)).has_value();
    if (explanation.rule == nullptr && !asked_for_it) {
        context.err << "holdbackctl: no rule knows this text\n";
        return Exit::No;
    }
    return Exit::Done;
}

}  // namespace holdback::milter
