// SPDX-License-Identifier: Apache-2.0
#include "outbound/notice.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/compose.hpp"
#include "outbound/notice_orders.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::outbound {

namespace {

constexpr std::string_view kFromName = "Holdback";
constexpr std::size_t kSubjectOctets = 60;
constexpr std::size_t kCampaignOctets = 100;
/// So many who ended alike are counted, and not named.
constexpr std::size_t kManyAlike = 20;

std::string recipients(std::size_t count) {
    return count == 1 ? "1 recipient" : fmt::format("{} recipients", count);
}

std::span<const NoticeRow> shown_rows(const NoticeFacts& facts) {
    return std::span(facts.rows).first(std::min(facts.rows.size(), kMostNoticeRows));
}

bool have_one_subject(const NoticeFacts& facts) {
    return std::ranges::all_of(facts.rows, [&](const NoticeRow& row) {
        return row.subject == facts.rows.front().subject;
    });
}

/// "the domain is x" as the start of a sentence.
std::string sentence(std::string_view clause) {
    std::string text = one_line(core::trim(clause));
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    if (!text.empty() && !text.ends_with('.') && !text.ends_with('!') && !text.ends_with('?')) {
        text += '.';
    }
    return text;
}

std::string what_happens_then(config::AtExpiry at_expiry) {
    switch (at_expiry) {
        case config::AtExpiry::Return:
            return "is returned to you";
        case config::AtExpiry::Release:
            return "is sent after all";
        case config::AtExpiry::Discard:
            return "is discarded";
    }
    return "ends";
}

/// What the notice says first, in one or two sentences.
std::string opening(const NoticeFacts& facts) {
    if (!facts.stopped.empty()) {
        return fmt::format(
            "Your campaign was stopped as a whole. {} What had not been sent by then is held, good "
            "addresses included, and what you go on sending is held with it.",
            sentence(facts.stopped));
    }
    return fmt::format(
        "{} of your mail {} held back and {} not got it. Everybody else has{}; there is no need "
        "to send it to them again.",
        recipients(facts.rows.size()),
        facts.rows.size() == 1 ? "was" : "were",
        facts.rows.size() == 1 ? "has" : "have",
        facts.refused.empty() ? "" : ", but for those named below");
}

/// How to release, as pairs of what one wants and what one writes.
struct Command {
    std::string_view want;
    std::string write;
};

std::vector<Command> commands(const NoticeFacts& facts) {
    if (facts.rows.size() == 1) {
        return {{"To send it anyway", "release 1"}, {"To have it dropped", "discard 1"}};
    }
    return {{"To send it to some of them", facts.rows.size() == 2 ? "release 2" : "release 1 3"},
            {"To send it to all of them", "release all"},
            {"To have some dropped", facts.rows.size() == 2 ? "discard 1" : "discard 2"}};
}

std::string answer_hint(const NoticeFacts& facts) {
    return fmt::format(
        "If you are sure that addresses are right, answer this mail and write the command in the "
        "first line. You can release {} recipients in {} this way.",
        facts.budget.count,
        plain_duration(facts.budget.window));
}

std::string admin_hint(const NoticeFacts& facts) {
    std::vector<std::int64_t> items;
    for (const NoticeRow& row :
         std::span(facts.rows).first(std::min<std::size_t>(facts.rows.size(), 10))) {
        items.push_back(row.item);
    }
    return fmt::format(
        "The mail came from a program that did not log in, so it cannot be released by answering. "
        "Ask the mail administrator, and name the {} {}{}.",
        facts.rows.size() == 1 ? "item" : "items",
        fmt::join(items, ", "),
        facts.rows.size() > items.size() ? " and those that follow" : "");
}

std::string end_hint(const NoticeFacts& facts) {
    return facts.expires_at.has_value() ? fmt::format("What is still held on {} {}.",
                                                      rfc5322_date(*facts.expires_at),
                                                      what_happens_then(facts.at_expiry))
                                        : std::string();
}

// -------------------------------------------------------------------------------------------- text

/// What stands in front of lines to which a foreign text goes on: a mark of quoted text, so that no
/// such line is a command when a program quotes the mail without marks of its own.
constexpr std::string_view kGoesOn = "       | ";

std::string text_row(std::size_t number, const NoticeRow& row, bool with_subject) {
    std::string text = fmt::format("{:>4}  {}\n", number, one_line(row.address));
    if (with_subject) {
        text += fmt::format("      Subject: {}\n", one_line(row.subject));
    }
    text += fmt::format("      Why: {}\n", wrapped(sentence(row.reason), kGoesOn));
    if (!row.suggestion.empty()) {
        text += fmt::format("      Did you mean {}?\n", one_line(row.suggestion));
    } else if (!row.advice.empty()) {
        text += fmt::format("      To do: {}\n", wrapped(sentence(row.advice), kGoesOn));
    }
    return text;
}

constexpr std::string_view kRefused =
    "Nothing was wrong with the addresses of these, but the mail server refused them for good. "
    "They did not get the mail either, and a delivery report tells of each:";

std::span<const RefusedRow> shown_refused(const NoticeFacts& facts) {
    return std::span(facts.refused).first(std::min(facts.refused.size(), kMostNoticeRows));
}

std::string text_of_refused(const NoticeFacts& facts) {
    if (facts.refused.empty()) {
        return {};
    }
    std::string text = "\n" + wrapped(kRefused, "") + "\n";
    for (const RefusedRow& row : shown_refused(facts)) {
        text += fmt::format("      {}\n      Why: {}\n",
                            one_line(row.address),
                            wrapped(sentence(row.answer), kGoesOn));
    }
    if (facts.refused.size() > kMostNoticeRows) {
        text += fmt::format("      and {} more\n", facts.refused.size() - kMostNoticeRows);
    }
    return text;
}

std::string text_of_ways(const NoticeFacts& facts) {
    if (!facts.by_answer) {
        return wrapped(admin_hint(facts), "") + "\n";
    }
    std::string text = wrapped(answer_hint(facts), "") + "\n\n";
    for (const Command& command : commands(facts)) {
        text += fmt::format("    {}: {}\n", command.want, command.write);
    }
    return text;
}

// -------------------------------------------------------------------------------------------- HTML

/// A cell that looks the same in programs that know nothing of style sheets.
constexpr std::string_view kCell =
    "<td style=\"vertical-align: top; padding: 8px; border-top: 1px solid #999\"";

std::string html_row(std::size_t number, const NoticeRow& row, bool with_subject) {
    std::string html = fmt::format("<tr>{0} align=\"right\" nowrap>{1}</td>\n{0}><b>{2}</b>",
                                   kCell,
                                   number,
                                   html_safe(row.address));
    if (with_subject) {
        html += fmt::format("<br>Subject: {}", html_safe(row.subject));
    }
    html += fmt::format("<br>{}", html_safe(sentence(row.reason)));
    if (!row.suggestion.empty()) {
        html += fmt::format("<br>Did you mean <b>{}</b>?", html_safe(row.suggestion));
    } else if (!row.advice.empty()) {
        html += fmt::format("<br>{}", html_safe(sentence(row.advice)));
    }
    return html + "</td></tr>\n";
}

std::string html_of_ways(const NoticeFacts& facts) {
    if (!facts.by_answer) {
        return fmt::format("<p>{}</p>\n", html_safe(admin_hint(facts)));
    }
    std::string html = fmt::format("<p>{}</p>\n<ul>\n", html_safe(answer_hint(facts)));
    for (const Command& command : commands(facts)) {
        html += fmt::format("<li>{}: <code style=\"white-space: nowrap\">{}</code></li>\n",
                            command.want,
                            command.write);
    }
    return html + "</ul>\n";
}

std::string html_of_refused(const NoticeFacts& facts) {
    if (facts.refused.empty()) {
        return {};
    }
    std::string html = fmt::format("<p>{}</p>\n<ul>\n", html_safe(kRefused));
    for (const RefusedRow& row : shown_refused(facts)) {
        html += fmt::format(
            "<li>{}<br>{}</li>\n", html_safe(row.address), html_safe(sentence(row.answer)));
    }
    if (facts.refused.size() > kMostNoticeRows) {
        html += fmt::format("<li>and {} more</li>\n", facts.refused.size() - kMostNoticeRows);
    }
    return html + "</ul>\n";
}

std::string notice_html(const NoticeFacts& facts) {
    const bool one_subject = have_one_subject(facts);
    std::string html = fmt::format("<p>{}</p>\n<p>", html_safe(opening(facts)));
    if (one_subject) {
        html += fmt::format("Subject: <b>{}</b>", html_safe(facts.rows.front().subject));
    }
    if (!facts.campaign.empty()) {
        html += fmt::format("{}Campaign: {}",
                            one_subject ? "<br>" : "",
                            html_safe(shortened(facts.campaign, kCampaignOctets)));
    }
    html += "</p>\n<table style=\"border-collapse: collapse; width: 100%\">\n";
    std::size_t number = 0;
    for (const NoticeRow& row : shown_rows(facts)) {
        html += html_row(++number, row, !one_subject);
    }
    html += "</table>\n";
    if (facts.rows.size() > kMostNoticeRows) {
        html += fmt::format("<p>And {} more: the attached list has all.</p>\n",
                            facts.rows.size() - kMostNoticeRows);
    }
    html += html_of_refused(facts);
    html += html_of_ways(facts);
    if (const std::string end = end_hint(facts); !end.empty()) {
        html += fmt::format("<p>{}</p>\n", html_safe(end));
    }
    return html_page(html);
}

// --------------------------------------------------------------------------------------------- CSV

std::string notice_csv(const NoticeFacts& facts) {
    const std::array<std::string, 11> head{"number",
                                           "address",
                                           "subject",
                                           "finding",
                                           "code",
                                           "reason",
                                           "advice",
                                           "suggestion",
                                           "held_at",
                                           "message_id",
                                           "item"};
    std::string csv = csv_row(head);
    std::size_t number = 0;
    for (const NoticeRow& row : facts.rows) {
        const std::array<std::string, 11> values{fmt::format("{}", ++number),
                                                 row.address,
                                                 row.subject,
                                                 row.finding,
                                                 row.code == 0 ? "" : fmt::format("{}", row.code),
                                                 row.reason,
                                                 row.advice,
                                                 row.suggestion,
                                                 rfc3339_date(row.held_at),
                                                 row.message_id,
                                                 fmt::format("{}", row.item)};
        csv += csv_row(values);
    }
    return csv;
}

std::string notice_subject(const NoticeFacts& facts) {
    const std::string subject =
        have_one_subject(facts) ? shortened(one_line(facts.rows.front().subject), kSubjectOctets)
                                : shortened(one_line(facts.campaign), kSubjectOctets);
    const std::string what = facts.stopped.empty()
                                 ? fmt::format("Held back: {}", recipients(facts.rows.size()))
                                 : std::string("Campaign stopped");
    return subject.empty() ? fmt::format("{} [{}]", what, facts.token)
                           : fmt::format("{} of \"{}\" [{}]", what, subject, facts.token);
}

/// The Message-ID of an answer, when nothing in it could end a line.
bool is_message_id(std::string_view text) {
    return text.size() <= 250 && text.starts_with('<') && text.ends_with('>') &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

/// What became of each; of very many, how many ended alike, and the others one by one.
std::string confirmed_text(const std::vector<ConfirmedRow>& rows) {
    std::map<std::string_view, std::size_t> counts;
    if (rows.size() > kMostNoticeRows) {
        for (const ConfirmedRow& row : rows) {
            ++counts[row.outcome];
        }
        std::erase_if(counts, [](const auto& each) { return each.second <= kManyAlike; });
    }
    std::string text;
    for (const auto& [outcome, count] : counts) {
        text += fmt::format("{}\n      {}\n", recipients(count), wrapped(outcome, kGoesOn));
    }
    std::size_t named = 0;
    for (const ConfirmedRow& row : rows) {
        if (counts.contains(row.outcome) || ++named > kMostNoticeRows) {
            continue;
        }
        text += fmt::format("{:>4}  {}\n      {}\n",
                            row.number,
                            one_line(row.address),
                            wrapped(row.outcome, kGoesOn));
    }
    if (named > kMostNoticeRows) {
        text += fmt::format("and {} more\n", named - kMostNoticeRows);
    }
    return text;
}

}  // namespace

bool is_told_of(const mail::Envelope& envelope, const mail::HeaderList& headers) {
    const std::string type = headers.first("Content-Type").value_or("");
    const std::string submitted = headers.first("Auto-Submitted").value_or("");
    // Newsletters may well be "auto-generated".
    return !envelope.sender_text().empty() &&
           !core::starts_with_ignoring_case(type, "multipart/report") &&
           !core::starts_with_ignoring_case(submitted, "auto-replied");
}

std::string notice_text(const NoticeFacts& facts) {
    const bool one_subject = have_one_subject(facts);
    std::string text = wrapped(opening(facts), "") + "\n\n";
    if (one_subject && !facts.rows.front().subject.empty()) {
        text += fmt::format("Subject:  {}\n", one_line(facts.rows.front().subject));
    }
    if (!facts.campaign.empty()) {
        text += fmt::format("Campaign: {}\n", shortened(one_line(facts.campaign), kCampaignOctets));
    }
    text += "\n";
    std::size_t number = 0;
    for (const NoticeRow& row : shown_rows(facts)) {
        text += text_row(++number, row, !one_subject);
    }
    if (facts.rows.size() > kMostNoticeRows) {
        text += fmt::format("\nAnd {} more: the attached list has all.\n",
                            facts.rows.size() - kMostNoticeRows);
    }
    text += text_of_refused(facts) + "\n" + text_of_ways(facts);
    if (const std::string end = end_hint(facts); !end.empty()) {
        text += "\n" + wrapped(end, "") + "\n";
    }
    return text;
}

std::string compose_notice(const NoticeFacts& facts) {
    const OwnHeader header{.from_name = std::string(kFromName),
                           .from = facts.address,
                           .to = {facts.sender},
                           .subject = notice_subject(facts),
                           .message_id = fmt::format("{}@{}", facts.token, facts.host),
                           .in_reply_to = {},
                           .auto_submitted = "auto-generated",
                           .now = facts.now};
    const std::array<std::string, 2> alternatives{text_part("text/plain", notice_text(facts)),
                                                  text_part("text/html", notice_html(facts))};
    // No line of quoted-printable begins with these, for "=_" is no escape.
    const std::array<std::string, 2> parts{
        multipart("alternative", "=_holdback-texts", alternatives),
        attachment("text/csv; header=present", "held.csv", notice_csv(facts))};
    return own_header(header) + multipart("mixed", "=_holdback-notice", parts);
}

std::string compose_confirmation(const ConfirmationFacts& facts) {
    std::string text;
    if (!facts.refused.empty()) {
        text += wrapped(fmt::format("Nothing was done: {}", facts.refused), "") + "\n";
    }
    text += confirmed_text(facts.rows);
    for (const std::string& remark : facts.remarks) {
        // Some of them repeat what the sender wrote.
        text += fmt::format("{}Not done: {}\n",
                            text.empty() ? "" : "\n",
                            wrapped(remark, remark.starts_with(kNotUnderstood) ? kGoesOn : "    "));
    }
    const std::string subject = shortened(one_line(facts.subject), kSubjectOctets);
    const OwnHeader header{
        .from_name = std::string(kFromName),
        .from = facts.address,
        .to = {facts.to},
        .subject = subject.empty() ? std::string("Held mail: your answer")
                                   : fmt::format("Held mail \"{}\": your answer", subject),
        .message_id = facts.message_id,
        .in_reply_to = is_message_id(facts.in_reply_to) ? facts.in_reply_to : std::string(),
        .auto_submitted = "auto-replied",
        .now = facts.now};
    return own_header(header) + text_part("text/plain", text);
}

}  // namespace holdback::outbound
