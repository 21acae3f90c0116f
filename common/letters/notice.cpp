// SPDX-License-Identifier: Apache-2.0
#include "letters/notice.hpp"

#include "config/settings.hpp"
#include "core/iso_time.hpp"
#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "letters/compose.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"
#include "letters/notice_ways.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::letters {

namespace {

constexpr std::size_t kCampaignOctets = 100;

std::span<const NoticeRow> shown_rows(const NoticeFacts& facts) {
    return std::span(facts.rows).first(std::min(facts.rows.size(), kMostNoticeRows));
}

bool have_one_subject(const NoticeFacts& facts) {
    return std::ranges::all_of(facts.rows, [&](const NoticeRow& row) {
        return row.subject == facts.rows.front().subject;
    });
}

/// The number of characters of a UTF-8 text.
std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// A clause as a sentence, with a capital letter and a full stop.
std::string sentence(std::string_view clause) {
    std::string text = core::one_line(core::trim(clause));
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    if (!text.empty() && !text.ends_with('.') && !text.ends_with('!') && !text.ends_with('?')) {
        text += '.';
    }
    return text;
}

/// The first one or two sentences of the notice.
std::string opening(const NoticeFacts& facts, const NoticeTexts& texts) {
    if (!facts.stopped.empty()) {
        return texts.say(NoticeText::Stopped, {{"reason", sentence(facts.stopped)}});
    }
    const bool one = facts.rows.size() == 1;
    return fmt::format(
        "{} {}",
        texts.say(one ? NoticeText::OpeningOne : NoticeText::OpeningMany,
                  {{"recipients", texts.recipients(facts.rows.size())}}),
        texts.say(facts.refused.empty() ? NoticeText::OthersHaveIt : NoticeText::OthersButRefused));
}

NoticeText what_happens_then(config::AtExpiry at_expiry) {
    switch (at_expiry) {
        case config::AtExpiry::Return:
            return NoticeText::EndReturn;
        case config::AtExpiry::Release:
            return NoticeText::EndRelease;
        case config::AtExpiry::Discard:
            return NoticeText::EndDiscard;
    }
    std::unreachable();
}

std::string end_hint(const NoticeFacts& facts, const NoticeTexts& texts) {
    return facts.expires_at.has_value() ? texts.say(what_happens_then(facts.at_expiry),
                                                    {{"date", rfc5322_date(*facts.expires_at)}})
                                        : std::string();
}

std::string reason_of(const NoticeRow& row, const NoticeTexts& texts) {
    return sentence(texts.reason(row.finding, row.address, row.reason));
}

std::string advice_of(const NoticeRow& row, const NoticeTexts& texts) {
    return sentence(texts.advice(row.finding, row.address, row.advice));
}

std::string count_value(std::size_t count) {
    return fmt::format("{}", count);
}

std::string more_rows(const NoticeFacts& facts, const NoticeTexts& texts) {
    return texts.say(NoticeText::MoreRows,
                     {{"count", count_value(facts.rows.size() - kMostNoticeRows)}});
}

// -------------------------------------------------------------------------------------------- text

std::string text_row(std::size_t number,
                     const NoticeRow& row,
                     bool with_subject,
                     const NoticeTexts& texts) {
    std::string text = fmt::format("{:>4}  {}\n", number, core::one_line(row.address));
    if (with_subject) {
        text += fmt::format(
            "      {} {}\n", texts.say(NoticeText::LabelSubject), core::one_line(row.subject));
    }
    text += fmt::format(
        "      {} {}\n", texts.say(NoticeText::LabelWhy), wrapped(reason_of(row, texts), kGoesOn));
    if (!row.suggestion.empty()) {
        text += fmt::format(
            "      {}\n",
            texts.say(NoticeText::DidYouMean, {{"address", core::one_line(row.suggestion)}}));
    } else if (!row.advice.empty()) {
        text += fmt::format("      {} {}\n",
                            texts.say(NoticeText::LabelToDo),
                            wrapped(advice_of(row, texts), kGoesOn));
    }
    return text;
}

std::span<const RefusedRow> shown_refused(const NoticeFacts& facts) {
    return std::span(facts.refused).first(std::min(facts.refused.size(), kMostNoticeRows));
}

std::string text_of_refused(const NoticeFacts& facts, const NoticeTexts& texts) {
    if (facts.refused.empty()) {
        return {};
    }
    std::string text = "\n" + wrapped(texts.say(NoticeText::Refused), "") + "\n";
    for (const RefusedRow& row : shown_refused(facts)) {
        text += fmt::format("      {}\n      {} {}\n",
                            core::one_line(row.address),
                            texts.say(NoticeText::LabelWhy),
                            wrapped(sentence(row.answer), kGoesOn));
    }
    if (facts.refused.size() > kMostNoticeRows) {
        text += fmt::format(
            "      {}\n",
            texts.say(NoticeText::MoreRefused,
                      {{"count", count_value(facts.refused.size() - kMostNoticeRows)}}));
    }
    return text;
}

/// Wraps a text. None of its lines is a command when a program quotes it without marks.
std::string paragraph(std::string_view text) {
    const std::string lines = wrapped(text, "");
    std::string out;
    for (const std::string_view line : core::split(lines, '\n')) {
        if (!line.empty()) {
            out += fmt::format("{}{}\n", read_orders(line).empty() ? "" : kGoesOn, line);
        }
    }
    return out;
}

std::string text_of_ways(const NoticeFacts& facts, const NoticeTexts& texts) {
    const NoticeWays ways = notice_ways(facts, texts);
    std::string text = paragraph(ways.how);
    for (std::size_t i = 0; i < ways.offers.size(); ++i) {
        text += fmt::format(
            "{}    {}: {}\n", i == 0 ? "\n" : "", ways.offers[i].want, ways.offers[i].write);
    }
    if (!ways.otherwise.empty()) {
        text += (text.empty() ? "" : "\n") + paragraph(ways.otherwise);
    }
    return text;
}

/// A label and its value. Values are aligned at `width`.
std::string labelled(std::string_view label, std::size_t width, std::string_view value) {
    const std::size_t columns = columns_of(label);
    return fmt::format(
        "{}{} {}\n", label, std::string(width - std::min(width, columns), ' '), value);
}

// -------------------------------------------------------------------------------------------- HTML

/// A table cell that looks the same in programs without style sheets.
constexpr std::string_view kCell =
    "<td style=\"vertical-align: top; padding: 8px; border-top: 1px solid #999\"";

std::string html_row(std::size_t number,
                     const NoticeRow& row,
                     bool with_subject,
                     const NoticeTexts& texts) {
    std::string html = fmt::format("<tr>{0} align=\"right\" nowrap>{1}</td>\n{0}><b>{2}</b>",
                                   kCell,
                                   number,
                                   core::html_safe(row.address));
    if (with_subject) {
        html += fmt::format("<br>{} {}",
                            core::html_safe(texts.say(NoticeText::LabelSubject)),
                            core::html_safe(row.subject));
    }
    html += fmt::format("<br>{}", core::html_safe(reason_of(row, texts)));
    if (!row.suggestion.empty()) {
        html +=
            fmt::format("<br>{}",
                        core::html_safe(texts.say(NoticeText::DidYouMean,
                                                  {{"address", core::one_line(row.suggestion)}})));
    } else if (!row.advice.empty()) {
        html += fmt::format("<br>{}", core::html_safe(advice_of(row, texts)));
    }
    return html + "</td></tr>\n";
}

std::string html_paragraph(std::string_view text) {
    return text.empty() ? std::string() : fmt::format("<p>{}</p>\n", core::html_safe(text));
}

std::string html_of_ways(const NoticeFacts& facts, const NoticeTexts& texts) {
    const NoticeWays ways = notice_ways(facts, texts);
    std::string html = html_paragraph(ways.how);
    if (!ways.offers.empty()) {
        html += "<ul>\n";
        for (const NoticeOffer& offer : ways.offers) {
            html += fmt::format("<li>{}: <code style=\"white-space: nowrap\">{}</code></li>\n",
                                core::html_safe(offer.want),
                                core::html_safe(offer.write));
        }
        html += "</ul>\n";
    }
    return html + html_paragraph(ways.otherwise);
}

std::string html_of_refused(const NoticeFacts& facts, const NoticeTexts& texts) {
    if (facts.refused.empty()) {
        return {};
    }
    std::string html =
        fmt::format("<p>{}</p>\n<ul>\n", core::html_safe(texts.say(NoticeText::Refused)));
    for (const RefusedRow& row : shown_refused(facts)) {
        html += fmt::format("<li>{}<br>{}</li>\n",
                            core::html_safe(row.address),
                            core::html_safe(sentence(row.answer)));
    }
    if (facts.refused.size() > kMostNoticeRows) {
        html += fmt::format("<li>{}</li>\n",
                            core::html_safe(texts.say(
                                NoticeText::MoreRefused,
                                {{"count", count_value(facts.refused.size() - kMostNoticeRows)}})));
    }
    return html + "</ul>\n";
}

std::string notice_html(const NoticeFacts& facts, const NoticeTexts& texts) {
    const bool one_subject = have_one_subject(facts);
    std::string html = fmt::format("<p>{}</p>\n<p>", core::html_safe(opening(facts, texts)));
    if (one_subject) {
        html += fmt::format("{} <b>{}</b>",
                            core::html_safe(texts.say(NoticeText::LabelSubject)),
                            core::html_safe(facts.rows.front().subject));
    }
    if (!facts.campaign.empty()) {
        html += fmt::format("{}{} {}",
                            one_subject ? "<br>" : "",
                            core::html_safe(texts.say(NoticeText::LabelCampaign)),
                            core::html_safe(shortened(facts.campaign, kCampaignOctets)));
    }
    html += "</p>\n<table style=\"border-collapse: collapse; width: 100%\">\n";
    std::size_t number = 0;
    for (const NoticeRow& row : shown_rows(facts)) {
        html += html_row(++number, row, !one_subject, texts);
    }
    html += "</table>\n";
    if (facts.rows.size() > kMostNoticeRows) {
        html += html_paragraph(more_rows(facts, texts));
    }
    html += html_of_refused(facts, texts);
    html += html_of_ways(facts, texts);
    html += html_paragraph(end_hint(facts, texts));
    return html_page(html, facts.language);
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
    std::string csv = core::csv_row(head);
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
                                                 core::iso_time(row.held_at),
                                                 row.message_id,
                                                 fmt::format("{}", row.item)};
        csv += core::csv_row(values);
    }
    return csv;
}

std::string notice_subject(const NoticeFacts& facts, const NoticeTexts& texts) {
    const std::string subject =
        have_one_subject(facts)
            ? shortened(core::one_line(facts.rows.front().subject), kShownSubject)
            : shortened(core::one_line(facts.campaign), kShownSubject);
    const bool stopped = !facts.stopped.empty();
    const NoticeText bare = stopped ? NoticeText::SubjectStopped : NoticeText::Subject;
    const NoticeText named = stopped ? NoticeText::SubjectStoppedOf : NoticeText::SubjectOf;
    const NoticeText text = subject.empty() ? bare : named;
    return fmt::format(
        "{} [{}]",
        texts.say(text,
                  {{"recipients", texts.recipients(facts.rows.size())}, {"subject", subject}}),
        facts.token);
}

}  // namespace

bool is_told_of(const mail::Envelope& envelope, const mail::HeaderList& headers) {
    const std::string type = headers.first("Content-Type").value_or("");
    const std::string submitted = headers.first("Auto-Submitted").value_or("");
    // "auto-generated" does not count: newsletters may say so.
    return !envelope.sender_text().empty() &&
           !core::starts_with_ignoring_case(type, "multipart/report") &&
           !core::starts_with_ignoring_case(submitted, "auto-replied");
}

std::string notice_text(const NoticeFacts& facts, const NoticeTexts& texts) {
    const bool one_subject = have_one_subject(facts);
    const std::string subject = texts.say(NoticeText::LabelSubject);
    const std::string campaign = texts.say(NoticeText::LabelCampaign);
    const std::size_t width = std::max(columns_of(subject), columns_of(campaign));
    std::string text = wrapped(opening(facts, texts), "") + "\n\n";
    if (one_subject && !facts.rows.front().subject.empty()) {
        text += labelled(subject, width, core::one_line(facts.rows.front().subject));
    }
    if (!facts.campaign.empty()) {
        text +=
            labelled(campaign, width, shortened(core::one_line(facts.campaign), kCampaignOctets));
    }
    text += "\n";
    std::size_t number = 0;
    for (const NoticeRow& row : shown_rows(facts)) {
        text += text_row(++number, row, !one_subject, texts);
    }
    if (facts.rows.size() > kMostNoticeRows) {
        text += fmt::format("\n{}\n", wrapped(more_rows(facts, texts), ""));
    }
    text += text_of_refused(facts, texts) + "\n" + text_of_ways(facts, texts);
    if (const std::string end = end_hint(facts, texts); !end.empty()) {
        text += "\n" + wrapped(end, "") + "\n";
    }
    return text;
}

std::string compose_notice(const NoticeFacts& facts, const NoticeTexts& texts) {
    const OwnHeader header{.from_name = std::string(kOwnName),
                           .from = facts.address,
                           .to = {facts.to},
                           .subject = notice_subject(facts, texts),
                           .message_id = fmt::format("{}@{}", facts.token, facts.host),
                           .in_reply_to = {},
                           .auto_submitted = "auto-generated",
                           .now = facts.now};
    const std::array<std::string, 2> alternatives{
        text_part("text/plain", notice_text(facts, texts)),
        text_part("text/html", notice_html(facts, texts))};
    // No quoted-printable text contains these boundaries, for "=_" is no escape.
    const std::array<std::string, 2> parts{
        multipart("alternative", "=_holdback-texts", alternatives),
        attachment("text/csv; header=present", "held.csv", notice_csv(facts))};
    return own_header(header) + multipart("mixed", "=_holdback-notice", parts);
}

}  // namespace holdback::letters
