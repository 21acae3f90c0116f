// SPDX-License-Identifier: Apache-2.0
#include "report/html_report.hpp"

#include "dsn/outage.hpp"
#include "report/html_parts.hpp"
#include "report/html_style.hpp"
#include "report/markup.hpp"
#include "report/summary.hpp"
#include "report/svg_chart.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::report {

namespace {

using terms::PolicyAction;

constexpr std::size_t kMostBars = 12;

Series series_of(Fate fate) {
    return {.name = std::string(wire_name(fate)), .style = std::string(wire_name(fate))};
}

std::vector<Series> series_of(std::initializer_list<Fate> fates) {
    std::vector<Series> all;
    all.reserve(fates.size());
    for (const Fate fate : fates) {
        all.push_back(series_of(fate));
    }
    return all;
}

std::vector<std::size_t> values_of(const Fates& fates, std::initializer_list<Fate> wanted) {
    std::vector<std::size_t> values;
    values.reserve(wanted.size());
    for (const Fate fate : wanted) {
        values.push_back(fates[fate]);
    }
    return values;
}

/// The day without its year, which has no room under a column.
std::string short_day(const std::string& day) {
    return day.substr(day.find('-') + 1);
}

void fates_table(std::string& out,
                 std::string_view first,
                 std::span<const FateRow> rows,
                 const Fates& total) {
    std::vector<std::string> head{capitalized(first)};
    head.reserve(1 + kAllFates.size());
    for (const Fate fate : kAllFates) {
        head.push_back(capitalized(wire_name(fate)));
    }
    HtmlTable table(fmt::format("Numbers by {}", first), std::move(head));
    const auto add = [&](std::string_view name, const Fates& fates) {
        table.begin_row(name);
        for (const Fate fate : kAllFates) {
            table.number(fates[fate]);
        }
    };
    for (const FateRow& row : rows) {
        add(row.name, row.fates);
    }
    add("Total", total);
    table.end_with_foot();
    table.write(out, "wide");
}

void write_head(std::string& out, const Summary& summary) {
    out +=
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n";
    out += fmt::format("<title>Holdback report {} to {}</title>\n<style>{}</style>\n</head>\n",
                       day_text(summary.since),
                       day_text(summary.until),
                       kReportStyle);
    out += fmt::format(
        "<body>\n<header>\n<h1>Holdback report</h1>\n<p>Outgoing mail from {} to {} "
        "UTC</p>\n</header>\n<main>\n",
        moment_text(summary.since),
        moment_text(summary.until));
}

void tile(std::string& out, Fate fate, std::size_t value, std::string_view note) {
    out += fmt::format("<div class=\"tile {}\"><span>{}</span><b>{}</b><span>{}</span></div>\n",
                       wire_name(fate),
                       capitalized(wire_name(fate)),
                       grouped(value),
                       note.empty() ? "&nbsp;" : note);
}

void write_tiles(std::string& out, const Summary& summary) {
    const Fates& total = summary.total;
    const std::size_t ended = total[Fate::Sent] + total[Fate::Bounced];
    out += "<div class=\"tiles\">\n";
    tile(out, Fate::Sent, total[Fate::Sent], "");
    tile(out,
         Fate::Bounced,
         total[Fate::Bounced],
         ended == 0 ? "" : percent_of(total[Fate::Bounced], ended) + " of what left");
    tile(out, Fate::Deferred, total[Fate::Deferred], "attempts that failed for now");
    tile(out, Fate::Held, total[Fate::Held], grouped(summary.held_now) + " are held now");
    tile(out, Fate::Released, total[Fate::Released], "");
    tile(out, Fate::Returned, total[Fate::Returned], "");
    tile(out, Fate::Discarded, total[Fate::Discarded], "");
    tile(out, Fate::Refused, total[Fate::Refused], "");
    out += "</div>\n";
    if (!summary.log_followed) {
        out +=
            "<p class=\"note\">The log of the MTA is not followed ([maillog] in the settings), so "
            "it is not known what was sent and what bounced.</p>\n";
    }
    if (!summary.remembers_decisions) {
        out +=
            "<p class=\"note\">Decisions are not remembered ([journal] decisions in the settings), "
            "so it is not known what was refused.</p>\n";
    }
}

void write_days(std::string& out, const Summary& summary) {
    begin_section(out, "Day by day", "Recipients, by what became of them. Days are those of UTC.");
    Chart sent{.id = "sent-by-day",
               .title = "Sent by day",
               .description = fmt::format("Mail was sent to {} recipients.",
                                          grouped(summary.total[Fate::Sent])),
               .series = series_of({Fate::Sent}),
               .marks = {}};
    Chart other{.id = "kept-by-day",
                .title = "Not delivered, by day",
                .description = fmt::format("{} bounced, {} were held, {} were refused.",
                                           grouped(summary.total[Fate::Bounced]),
                                           grouped(summary.total[Fate::Held]),
                                           grouped(summary.total[Fate::Refused])),
                .series = series_of({Fate::Bounced, Fate::Held, Fate::Refused}),
                .marks = {}};
    for (const FateRow& row : summary.by_day) {
        const std::string day = short_day(row.name);
        sent.marks.push_back(
            {.label = day, .values = values_of(row.fates, {Fate::Sent}), .note = {}});
        other.marks.push_back(
            {.label = day,
             .values = values_of(row.fates, {Fate::Bounced, Fate::Held, Fate::Refused}),
             .note = {}});
    }
    out += "<div class=\"pair\">\n";
    figure(out, sent, columns_svg(sent));
    figure(out, other, columns_svg(other));
    out += "</div>\n";
    fates_table(out, "day", summary.by_day, summary.total);
    out += "</section>\n";
}

void write_codes(std::string& out, const Summary& summary) {
    begin_section(out,
                  "Failure codes",
                  "Why mail bounced or was held, what the code means, and who has to act.");
    Chart chart{.id = "by-code",
                .title = "Bounced and held by code",
                .description = "The most frequent failure codes.",
                .series = series_of({Fate::Bounced, Fate::Held}),
                .marks = {}};
    HtmlTable table("Numbers by failure code",
                    {"Code", "Who must act", "Bounced", "Share", "Held"});
    std::size_t held = 0;
    for (const CodeRow& row : summary.by_code) {
        const std::string name = fmt::format("{} {}", row.code, row.name);
        if (chart.marks.size() < kMostBars) {
            chart.marks.push_back({.label = name, .values = {row.bounced, row.held}, .note = {}});
        }
        table.begin_row(name, row.meaning);
        table.text(row.who);
        table.number(row.bounced);
        table.text(percent_of(row.bounced, summary.total[Fate::Bounced]));
        table.number(row.held);
        held += row.held;
    }
    table.begin_row("Total");
    table.text("");
    table.number(summary.total[Fate::Bounced]);
    table.text("");
    table.number(held);
    table.end_with_foot();
    out += "<div class=\"pair\">\n";
    figure(out, chart, bars_svg(chart));
    table.write(out);
    out += "</div>\n</section>\n";
}

void write_names(std::string& out,
                 std::string_view title,
                 std::string_view lead,
                 std::string_view first,
                 std::span<const FateRow> rows,
                 const Fates& total) {
    begin_section(out, title, lead);
    Chart chart{.id = fmt::format("by-{}", first),
                .title = fmt::format("{}, the greatest first", title),
                .description = fmt::format("What became of mail by {}.", first),
                .series = series_of({Fate::Sent, Fate::Bounced, Fate::Held, Fate::Refused}),
                .marks = {}};
    Chart rates{.id = fmt::format("trouble-by-{}", first),
                .title = "What was not delivered",
                .description = fmt::format("Bounced, held and refused recipients by {}.", first),
                .series = series_of({Fate::Bounced, Fate::Held, Fate::Refused}),
                .marks = {}};
    for (const FateRow& row : rows.first(std::min(rows.size(), kMostBars))) {
        chart.marks.push_back(
            {.label = row.name,
             .values = values_of(row.fates, {Fate::Sent, Fate::Bounced, Fate::Held, Fate::Refused}),
             .note = {}});
        const std::size_t ended = row.fates[Fate::Sent] + row.fates[Fate::Bounced];
        rates.marks.push_back(
            {.label = row.name,
             .values = values_of(row.fates, {Fate::Bounced, Fate::Held, Fate::Refused}),
             .note = ended == 0 ? std::string()
                                : percent_of(row.fates[Fate::Bounced], ended) + " bounced"});
    }
    out += "<div class=\"pair\">\n";
    figure(out, chart, bars_svg(chart));
    figure(out, rates, bars_svg(rates));
    out += "</div>\n";
    fates_table(out, first, rows, total);
    out += "</section>\n";
}

void write_causes(std::string& out, const Summary& summary) {
    begin_section(out, "Why mail was held", "The findings for which recipients were held.");
    Chart chart{.id = "causes",
                .title = "Held by finding",
                .description = "The most frequent causes of holding.",
                .series = series_of({Fate::Held}),
                .marks = {}};
    HtmlTable table("Held recipients by finding",
                    {"Finding", "Held", "Released", "Returned", "Discarded"});
    for (const CauseRow& row : summary.causes) {
        if (chart.marks.size() < kMostBars) {
            chart.marks.push_back(
                {.label = row.finding, .values = {row.fates[Fate::Held]}, .note = {}});
        }
        table.begin_row(row.finding, finding_words(row.finding));
        for (const Fate fate : {Fate::Held, Fate::Released, Fate::Returned, Fate::Discarded}) {
            table.number(row.fates[fate]);
        }
    }
    out += "<div class=\"pair\">\n";
    figure(out, chart, bars_svg(chart));
    table.write(out);
    out += "</div>\n</section>\n";
}

void write_decisions(std::string& out, const Summary& summary) {
    begin_section(out,
                  "What was decided",
                  "Every recipient that was looked at. In shadow mode nothing is done about the "
                  "verdict.");
    Chart chart{.id = "reasons",
                .title = "Findings by which recipients did not pass, or were tagged",
                .description = "Recipients who were held, deferred or rejected, and tagged ones.",
                .series = {{.name = "not passed", .style = "held"},
                           {.name = "tagged", .style = "deferred"}},
                .marks = {}};
    for (const auto& [reason, recipients] : summary.reasons) {
        if (chart.marks.size() < kMostBars) {
            chart.marks.push_back({.label = reason, .values = {recipients, 0}, .note = {}});
        }
    }
    for (const auto& [reason, recipients] : summary.tagged) {
        const auto known = std::ranges::find(chart.marks, reason, &Mark::label);
        if (known != chart.marks.end()) {
            known->values.at(1) = recipients;
        } else if (chart.marks.size() < kMostBars) {
            chart.marks.push_back({.label = reason, .values = {0, recipients}, .note = {}});
        }
    }
    HtmlTable table("Decisions by verdict", {"Verdict", "Done", "In shadow mode"});
    std::size_t done = 0;
    std::size_t shadow = 0;
    for (const PolicyAction action : terms::kAllPolicyActions) {
        const auto index = static_cast<std::size_t>(action);
        table.begin_row(wire_name(action));
        table.number(summary.enforced.at(index));
        table.number(summary.shadowed.at(index));
        done += summary.enforced.at(index);
        shadow += summary.shadowed.at(index);
    }
    table.begin_row("Total");
    table.number(done);
    table.number(shadow);
    table.end_with_foot();
    out += "<div class=\"pair\">\n";
    figure(out, chart, bars_svg(chart));
    table.write(out);
    out += "</div>\n</section>\n";
}

void write_growth(std::string& out, const Summary& summary) {
    begin_section(out,
                  "Suppression list",
                  fmt::format("{} entries, of which {} hold somebody back now.",
                              grouped(summary.list.entries),
                              grouped(summary.list.in_force)));
    Chart chart{.id = "growth",
                .title = "New entries by day",
                .description = "Entries by the day on which they were first seen.",
                .series = {{.name = "bounce", .style = "bounced"},
                           {.name = "complaint", .style = "refused"},
                           {.name = "unsubscribe", .style = "returned"},
                           {.name = "manual", .style = "sent"},
                           {.name = "allow", .style = "released"}},
                .marks = {}};
    HtmlTable table("New entries by day",
                    {"Day", "Bounce", "Complaint", "Unsubscribe", "Manual", "Allow"});
    GrowthRow total;
    for (const GrowthRow& row : summary.growth) {
        chart.marks.push_back({.label = short_day(row.day),
                               .values = {row.by_reason.begin(), row.by_reason.end()},
                               .note = {}});
        if (row.all() == 0) {
            continue;
        }
        table.begin_row(row.day);
        for (std::size_t i = 0; i < row.by_reason.size(); ++i) {
            table.number(row.by_reason.at(i));
            total.by_reason.at(i) += row.by_reason.at(i);
        }
    }
    table.begin_row("Total");
    for (const std::size_t count : total.by_reason) {
        table.number(count);
    }
    table.end_with_foot();
    out += "<div class=\"pair\">\n";
    figure(out, chart, columns_svg(chart));
    table.write(out);
    out += "</div>\n</section>\n";
}

void write_outages(std::string& out, const Summary& summary) {
    begin_section(out,
                  "Outages",
                  "Times in which known recipients of a provider bounced, and nothing was learned "
                  "from it.");
    if (summary.outages.empty()) {
        out += "<p class=\"soft\">None in this time.</p>\n</section>\n";
        return;
    }
    HtmlTable table(
        "Outages of providers",
        {"Provider", "Began (UTC)", "Noticed (UTC)", "Over (UTC)", "Bounced", "Accepted"});
    for (const dsn::Outage& outage : summary.outages) {
        table.begin_row(outage.provider);
        table.text(moment_text(outage.began));
        table.text(moment_text(outage.opened));
        table.text(outage.closed.has_value() ? moment_text(*outage.closed) : "goes on");
        table.number(outage.bounced);
        table.number(outage.accepted);
    }
    table.write(out);
    out += "</section>\n";
}

}  // namespace

std::string html_report(const Summary& summary) {
    std::string out;
    write_head(out, summary);
    write_tiles(out, summary);
    write_days(out, summary);
    write_codes(out, summary);
    write_names(out,
                "Providers",
                "Who runs the recipients' mail servers, by the name of the server that answered.",
                "provider",
                summary.by_provider,
                summary.total);
    write_names(out, "Senders", "By envelope sender.", "sender", summary.by_sender, summary.total);
    write_causes(out, summary);
    write_decisions(out, summary);
    write_growth(out, summary);
    write_outages(out, summary);
    out +=
        "</main>\n<footer>Made by holdbackctl report from what Holdback has recorded. A "
        "recipient who was held, released and sent is counted at each.</footer>\n</body>\n"
        "</html>\n";
    return out;
}

}  // namespace holdback::report
