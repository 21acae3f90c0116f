// SPDX-License-Identifier: Apache-2.0
#include "letters/digest_mail.hpp"

#include "config/settings.hpp"
#include "core/safe_text.hpp"
#include "letters/compose.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::letters {

namespace {

/// A heading with the lines below it, for text and HTML alike.
struct Section {
    std::string title;
    std::vector<std::string> lines;
};

std::string count_line(const DigestLine& line) {
    return fmt::format(
        "{:>7}  {}", line.count, core::one_line(line.name.empty() ? "<>" : line.name));
}

std::string items(std::size_t count) {
    return count == 1 ? "1 recipient" : fmt::format("{} recipients", count);
}

std::string_view end_word(config::AtExpiry at_expiry) {
    switch (at_expiry) {
        case config::AtExpiry::Return:
            return "returned to their senders";
        case config::AtExpiry::Release:
            return "released";
        case config::AtExpiry::Discard:
            return "discarded";
    }
    return "ended";
}

Section expiry_section(const DigestFacts& facts) {
    Section section{.title = fmt::format("Warning: within {}, {} will be {}",
                                         plain_duration(facts.warn_before),
                                         items(facts.expiring),
                                         end_word(facts.at_expiry)),
                    .lines = {}};
    for (const DigestItem& item : facts.expiring_items) {
        section.lines.push_back(
            fmt::format("item {}  {}  {} -> {}  ({})",
                        item.item,
                        rfc5322_date(item.expires_at),
                        core::one_line(item.sender.empty() ? "<>" : item.sender),
                        core::one_line(item.recipient),
                        core::one_line(item.finding)));
    }
    if (facts.expiring > facts.expiring_items.size()) {
        section.lines.push_back(
            fmt::format("and {} more", facts.expiring - facts.expiring_items.size()));
    }
    return section;
}

Section counts_section(std::string title, const std::vector<DigestLine>& lines) {
    Section section{.title = std::move(title), .lines = {}};
    for (const DigestLine& line : lines) {
        section.lines.push_back(count_line(line));
    }
    return section;
}

std::vector<Section> sections_of(const DigestFacts& facts) {
    std::vector<Section> sections;
    if (!facts.outages.empty()) {
        std::string names;
        for (const std::string& outage : facts.outages) {
            names += fmt::format("{}{}", names.empty() ? "" : ", ", core::one_line(outage));
        }
        sections.push_back({.title = "Warning: providers that are broken",
                            .lines = {names, "Nothing is learned from their bounces."}});
    }
    if (facts.expiring > 0) {
        sections.push_back(expiry_section(facts));
    }
    if (facts.stuck > 0) {
        sections.push_back(
            {.title = fmt::format("{} could not be released and {} for you",
                                  items(facts.stuck),
                                  facts.stuck == 1 ? "waits" : "wait"),
             .lines = {"holdbackctl held list marks them as refused, and holdbackctl held show has",
                       "the answer of the mail server."}});
    }
    if (facts.endless > 0) {
        sections.push_back(
            {.title = fmt::format("Held until you decide: {}", items(facts.endless)),
             .lines = {
                 "The senders have not logged in, and their domains are not known as yours, so",
                 "nobody is told. Release or discard these, or name the domains in",
                 "[outgoing] own_domains."}});
    }
    if (facts.in_doubt > 0) {
        sections.push_back(
            {.title = fmt::format("In doubt: {}", facts.in_doubt),
             .lines = {"The mail server may have a copy of these; they are not released by "
                       "themselves.",
                       "holdbackctl held list --in-doubt names them, and holdbackctl held show",
                       "says what to look for in the log of the mail server."}});
    }
    if (facts.own_unsent > 0) {
        sections.push_back(
            {.title = fmt::format("Holdback's own mail that is not sent yet: {}", facts.own_unsent),
             .lines = {
                 "Notices to senders and the like, which the mail server has not taken.",
                 "holdbackctl held list --own names it, holdbackctl held show has its answer."}});
    }
    sections.push_back(
        {.title = fmt::format("Held since {}: {}", rfc5322_date(facts.since), facts.new_items),
         .lines = {}});
    if (!facts.causes.empty()) {
        sections.push_back(counts_section("By cause", facts.causes));
    }
    if (!facts.senders.empty()) {
        sections.push_back(counts_section("By sender", facts.senders));
    }
    sections.push_back(counts_section("Ended since then", facts.ended));
    sections.push_back({.title = fmt::format("Held now: {}", facts.held), .lines = {}});
    return sections;
}

std::string digest_html(const DigestFacts& facts) {
    std::string html;
    for (const Section& section : sections_of(facts)) {
        html += fmt::format("<h3 style=\"margin: 1em 0 0.3em\">{}</h3>\n",
                            core::html_safe(section.title));
        // Long lines are indented where a phone breaks them.
        for (const std::string& line : section.lines) {
            html += fmt::format(
                "<div style=\"font-family: monospace; white-space: pre-wrap; padding-left: 2em; "
                "text-indent: -2em\">{}</div>\n",
                core::html_safe(line));
        }
    }
    return html_page(html);
}

}  // namespace

std::string digest_text(const DigestFacts& facts) {
    std::string text;
    for (const Section& section : sections_of(facts)) {
        text += section.title + "\n";
        for (const std::string& line : section.lines) {
            text += fmt::format("    {}\n", line);
        }
        text += "\n";
    }
    return text;
}

std::string compose_digest(const DigestFacts& facts) {
    const std::string subject =
        facts.expiring > 0 ? fmt::format("Held mail on {}: {} now, {} about to end",
                                         facts.host,
                                         facts.held,
                                         facts.expiring)
                           : fmt::format("Held mail on {}: {} now", facts.host, facts.held);
    const OwnHeader header{.from_name = "Holdback",
                           .from = facts.address,
                           .to = facts.to,
                           .subject = subject,
                           .message_id = facts.message_id,
                           .in_reply_to = {},
                           .auto_submitted = "auto-generated",
                           .now = facts.now};
    const std::array<std::string, 2> parts{text_part("text/plain", digest_text(facts)),
                                           text_part("text/html", digest_html(facts))};
    return own_header(header) + multipart("alternative", "=_holdback-digest", parts);
}

}  // namespace holdback::letters
