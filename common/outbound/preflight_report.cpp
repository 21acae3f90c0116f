// SPDX-License-Identifier: Apache-2.0
#include "outbound/preflight_report.hpp"

#include "core/safe_text.hpp"
#include "letters/compose.hpp"
#include "outbound/bulk.hpp"
#include "outbound/compliance.hpp"
#include "outbound/findings.hpp"
#include "outbound/forecast.hpp"
#include "outbound/verdict.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/stream.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using terms::PolicyAction;

/// At most this many recipients are in the text; the CSV has all.
constexpr std::size_t kMostShown = 50;
constexpr std::size_t kMostDomains = 10;

/// The finding of a verdict as a list of at most one.
std::span<const Finding> finding_of(const Verdict& verdict) {
    return verdict.finding.has_value() ? std::span(&*verdict.finding, 1)
                                       : std::span<const Finding>{};
}

std::string csv_of(const std::vector<PreflightRow>& rows) {
    std::string csv = "address,verdict,finding,code,reason,suggestion\r\n";
    for (const PreflightRow& row : rows) {
        std::array<std::string, 6> values{row.address,
                                          std::string(terms::wire_name(row.verdict.action))};
        if (const std::optional<Finding>& finding = row.verdict.finding) {
            values[2] = wire_name(finding->name);
            values[3] = finding->code.has_value() ? fmt::format("{}", finding->code->number()) : "";
            values[4] = finding->reason;
            values[5] = finding->suggestion;
        }
        csv += core::csv_row(values);
    }
    return csv;
}

std::string recipients(std::size_t count) {
    return count == 1 ? "1 recipient" : fmt::format("{} recipients", count);
}

std::size_t count_of(const std::vector<PreflightRow>& rows, PolicyAction action) {
    return static_cast<std::size_t>(std::ranges::count_if(
        rows, [&](const PreflightRow& row) { return row.verdict.action == action; }));
}

std::string message_text(const std::vector<Finding>& about_message) {
    std::string text;
    for (const Finding& finding : about_message) {
        text += fmt::format("{}{}\n        {}\n        {}\n",
                            text.empty() ? "about the message itself:\n" : "",
                            wire_name(finding.name),
                            core::one_line(finding.reason),
                            core::one_line(finding.advice));
    }
    return text.empty() ? text : text + "\n";
}

/// The finding about this recipient alone, not about the message; nullptr: none.
const Finding* own_finding(const PreflightRow& row) {
    const std::optional<Finding>& finding = row.verdict.finding;
    return row.verdict.action != PolicyAction::Pass && finding.has_value() &&
                   !is_about_message(finding->name)
               ? &*finding
               : nullptr;
}

std::string recipients_text(const std::vector<PreflightRow>& rows) {
    std::string text;
    std::size_t shown = 0;
    std::size_t all = 0;
    for (const PreflightRow& row : rows) {
        const Finding* const finding = own_finding(row);
        if (finding == nullptr) {
            continue;
        }
        if (++all > kMostShown) {
            continue;
        }
        ++shown;
        constexpr std::size_t kMostAddress = 320;
        text += fmt::format("{:<6}  {}\n        {}\n        {}\n",
                            terms::wire_name(row.verdict.action),
                            letters::shortened(core::one_line(row.address), kMostAddress),
                            core::one_line(finding->reason),
                            core::one_line(finding->advice));
    }
    if (all > shown) {
        text += fmt::format("and {} more; all are in the file preflight.csv\n", all - shown);
    }
    return text;
}

std::string report_text(const PreflightFacts& facts) {
    Forecast forecast;
    for (const PreflightRow& row : facts.rows) {
        forecast.add(row.key, row.domain, finding_of(row.verdict), row.verdict.action);
    }
    std::string text = "This is what would become of your message. It was not sent to anybody.\n\n";
    if (!facts.subject.empty()) {
        text += fmt::format("Subject:    {}\n", core::one_line(facts.subject));
    }
    if (!facts.message_id.empty()) {
        text += fmt::format("Message-ID: {}\n", core::one_line(facts.message_id));
    }
    text += fmt::format("Judged as:  {} (signal {})\n\n",
                        wire_name(facts.stream.stream),
                        core::one_line(facts.stream.signal));
    text += fmt::format("{}: {} pass, {} tag, {} hold, {} defer, {} reject\n",
                        recipients(facts.rows.size()),
                        count_of(facts.rows, PolicyAction::Pass),
                        count_of(facts.rows, PolicyAction::Tag),
                        count_of(facts.rows, PolicyAction::Hold),
                        count_of(facts.rows, PolicyAction::Defer),
                        count_of(facts.rows, PolicyAction::Reject));
    text += forecast.text();
    const auto domains = forecast.troubled_domains(kMostDomains);
    if (!domains.empty()) {
        text += "domains with the most trouble:\n";
    }
    for (const TroubledDomain& each : domains) {
        text += fmt::format("{:>9}  {}\n", each.recipients, core::one_line(each.domain));
    }
    text += "\n" + message_text(facts.about_message);
    text += recipients_text(facts.rows);
    return text;
}

}  // namespace

std::string compose_preflight_report(const PreflightFacts& facts) {
    const std::array parts{
        letters::text_part("text/plain", report_text(facts)),
        letters::attachment("text/csv; header=present", "preflight.csv", csv_of(facts.rows))};
    return letters::own_header({.from_name = "Holdback",
                                .from = facts.address,
                                .to = {facts.sender},
                                .subject = fmt::format("Preflight: {}, nothing was sent",
                                                       recipients(facts.rows.size())),
                                .message_id = fmt::format("{}@{}", facts.unique, facts.host),
                                .in_reply_to = facts.message_id,
                                .auto_submitted = "auto-replied",
                                .now = facts.now}) +
           // Quoted-printable text never contains "=_".
           letters::multipart("mixed", fmt::format("=_holdback-{}", facts.unique), parts);
}

}  // namespace holdback::outbound
