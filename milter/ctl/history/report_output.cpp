// SPDX-License-Identifier: Apache-2.0
#include "dsn/outage.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/history/report.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "report/summary.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using report::Fate;
using terms::PolicyAction;

void add_fates(Json& object, const report::Fates& fates) {
    for (const Fate fate : report::kAllFates) {
        object.set(wire_name(fate), fates[fate]);
    }
}

void add_verdicts(Json& object, std::string_view key, const report::Decided& decided) {
    Json verdicts = Json::object();
    for (const PolicyAction action : terms::kAllPolicyActions) {
        verdicts.set(wire_name(action), decided.at(static_cast<std::size_t>(action)));
    }
    object.set(key, verdicts);
}

void write_fates(const CommandContext& context,
                 std::string_view what,
                 std::span<const report::FateRow> rows) {
    for (const report::FateRow& row : rows) {
        Json object{{"what", what}, {what, row.name}};
        add_fates(object, row.fates);
        write_json(context.out, object);
    }
}

void write_findings(const CommandContext& context, std::string_view what, const auto& findings) {
    for (const auto& [finding, recipients] : findings) {
        write_json(context.out, {{"what", what}, {"finding", finding}, {"recipients", recipients}});
    }
}

void write_objects(const CommandContext& context, const report::Summary& summary) {
    Json totals{{"what", "totals"},
                {"since", iso_time(summary.since)},
                {"until", iso_time(summary.until)},
                {"log_followed", summary.log_followed},
                {"remembers_decisions", summary.remembers_decisions}};
    add_fates(totals, summary.total);
    totals.set("held_now", summary.held_now);
    totals.set("suppression_entries", summary.list.entries);
    totals.set("suppression_in_force", summary.list.in_force);
    add_verdicts(totals, "decided", summary.enforced);
    add_verdicts(totals, "decided_in_shadow", summary.shadowed);
    write_json(context.out, totals);
    write_fates(context, "day", summary.by_day);
    write_fates(context, "provider", summary.by_provider);
    write_fates(context, "sender", summary.by_sender);
    for (const report::CodeRow& row : summary.by_code) {
        write_json(context.out,
                   {{"what", "code"},
                    {"code", row.code},
                    {"name", row.name},
                    {"bounced", row.bounced},
                    {"held", row.held},
                    {"meaning", text_or_null(row.meaning)},
                    {"who", text_or_null(row.who)}});
    }
    for (const report::CauseRow& row : summary.causes) {
        write_json(context.out,
                   {{"what", "cause"},
                    {"finding", row.finding},
                    {"held", row.fates[Fate::Held]},
                    {"released", row.fates[Fate::Released]},
                    {"returned", row.fates[Fate::Returned]},
                    {"discarded", row.fates[Fate::Discarded]}});
    }
    write_findings(context, "finding", summary.reasons);
    write_findings(context, "tagged", summary.tagged);
    for (const report::GrowthRow& row : summary.growth) {
        Json object{{"what", "suppressed"}, {"day", row.day}};
        for (const terms::SuppressionReason reason : terms::kAllSuppressionReasons) {
            object.set(wire_name(reason), row.by_reason.at(static_cast<std::size_t>(reason)));
        }
        write_json(context.out, object);
    }
    for (const dsn::Outage& outage : summary.outages) {
        write_json(context.out,
                   {{"what", "outage"},
                    {"provider", outage.provider},
                    {"began", iso_time(outage.began)},
                    {"opened", iso_time(outage.opened)},
                    {"closed", time_or_null(outage.closed)},
                    {"bounced", outage.bounced},
                    {"accepted", outage.accepted}});
    }
}

std::string text_of(std::size_t number) {
    return fmt::format("{}", number);
}

void write_table(const CommandContext& context,
                 std::string first,
                 std::span<const report::FateRow> rows,
                 const report::Fates& total) {
    std::vector<std::string> head{std::move(first)};
    head.reserve(1 + report::kAllFates.size());
    for (const Fate fate : report::kAllFates) {
        std::string name(wire_name(fate));
        for (char& letter : name) {
            letter = static_cast<char>(letter - 'a' + 'A');
        }
        head.push_back(std::move(name));
    }
    Table table(std::move(head));
    const auto add = [&](const std::string& name, const report::Fates& fates) {
        std::vector<std::string> cells{name};
        cells.reserve(1 + report::kAllFates.size());
        for (const Fate fate : report::kAllFates) {
            cells.push_back(text_of(fates[fate]));
        }
        table.add(cells);
    };
    for (const report::FateRow& row : rows) {
        add(row.name, row.fates);
    }
    add("total", total);
    table.write(context.out);
    context.out << '\n';
}

void write_codes(const CommandContext& context, const report::Summary& summary) {
    Table table({"CODE", "NAME", "BOUNCED", "HELD", "WHO MUST ACT"});
    for (const report::CodeRow& row : summary.by_code) {
        table.add({text_of(static_cast<std::size_t>(row.code)),
                   row.name,
                   text_of(row.bounced),
                   text_of(row.held),
                   row.who});
    }
    if (!table.empty()) {
        table.write(context.out);
        context.out << '\n';
    }
}

void write_causes(const CommandContext& context, const report::Summary& summary) {
    Table table({"HELD FOR", "HELD", "RELEASED", "RETURNED", "DISCARDED"});
    for (const report::CauseRow& row : summary.causes) {
        table.add({row.finding,
                   text_of(row.fates[Fate::Held]),
                   text_of(row.fates[Fate::Released]),
                   text_of(row.fates[Fate::Returned]),
                   text_of(row.fates[Fate::Discarded])});
    }
    if (!table.empty()) {
        table.write(context.out);
        context.out << '\n';
    }
}

void write_decisions(const CommandContext& context, const report::Summary& summary) {
    Table table({"VERDICT", "DONE", "IN SHADOW MODE"});
    for (const PolicyAction action : terms::kAllPolicyActions) {
        const auto index = static_cast<std::size_t>(action);
        table.add({std::string(wire_name(action)),
                   text_of(summary.enforced.at(index)),
                   text_of(summary.shadowed.at(index))});
    }
    table.write(context.out);
    context.out << '\n';
    Table reasons({"FINDING", "NOT PASSED"});
    for (const auto& [reason, recipients] : summary.reasons) {
        reasons.add({reason, text_of(recipients)});
    }
    if (!reasons.empty()) {
        reasons.write(context.out);
        context.out << '\n';
    }
    Table tagged({"FINDING", "TAGGED"});
    for (const auto& [reason, recipients] : summary.tagged) {
        tagged.add({reason, text_of(recipients)});
    }
    if (!tagged.empty()) {
        tagged.write(context.out);
        context.out << '\n';
    }
}

void write_growth(const CommandContext& context, const report::Summary& summary) {
    Table table({"SUPPRESSED ON", "BOUNCE", "COMPLAINT", "UNSUBSCRIBE", "MANUAL", "ALLOW"});
    for (const report::GrowthRow& row : summary.growth) {
        if (row.all() > 0) {
            std::vector<std::string> cells{row.day};
            cells.reserve(1 + row.by_reason.size());
            for (const std::size_t count : row.by_reason) {
                cells.push_back(text_of(count));
            }
            table.add(cells);
        }
    }
    if (!table.empty()) {
        table.write(context.out);
        context.out << '\n';
    }
    Table outages({"OUTAGE AT", "BEGAN (UTC)", "OVER (UTC)", "BOUNCED"});
    for (const dsn::Outage& outage : summary.outages) {
        outages.add({outage.provider,
                     short_time(outage.began),
                     outage.closed.has_value() ? short_time(*outage.closed) : "goes on",
                     text_of(outage.bounced)});
    }
    if (!outages.empty()) {
        outages.write(context.out);
        context.out << '\n';
    }
}

}  // namespace

void write_report(const CommandContext& context, const report::Summary& summary) {
    if (context.json()) {
        write_objects(context, summary);
        return;
    }
    context.out << fmt::format("Outgoing mail from {} to {} UTC\n\n",
                               short_time(summary.since),
                               short_time(summary.until));
    write_table(context, "DAY", summary.by_day, summary.total);
    write_table(context, "PROVIDER", summary.by_provider, summary.total);
    write_table(context, "SENDER", summary.by_sender, summary.total);
    write_codes(context, summary);
    write_causes(context, summary);
    write_decisions(context, summary);
    write_growth(context, summary);
    context.out << fmt::format("{} held now; {} on the suppression list, {} in force.\n",
                               counted(summary.held_now, "recipient is", "recipients are"),
                               counted(summary.list.entries, "entry", "entries"),
                               summary.list.in_force);
    if (!summary.log_followed) {
        context.out << "The log of the MTA is not followed ([maillog]), so it is not known what "
                       "was sent and what bounced.\n";
    }
    if (!summary.remembers_decisions) {
        context.out << "Decisions are not remembered ([journal] decisions), so it is not known "
                       "what was refused.\n";
    }
}

}  // namespace holdback::milter::ctl
