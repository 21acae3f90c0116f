// SPDX-License-Identifier: Apache-2.0
#include "outbound/preflight_report.hpp"

#include "config/policy.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "mail/finding.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/forecast.hpp"
#include "outbound/return_dsn.hpp"
#include "outbound/verdict.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using config::PolicyAction;

/// More recipients than this are in the CSV alone.
constexpr std::size_t kMostShown = 50;
constexpr std::size_t kMostDomains = 10;
constexpr std::size_t kBase64Line = 76;

/// The finding of a verdict as a list, for what takes one.
std::span<const Finding> finding_of(const Verdict& verdict) {
    return verdict.finding.has_value() ? std::span(&*verdict.finding, 1)
                                       : std::span<const Finding>{};
}

/// Base64 in lines (RFC 2045 section 6.8).
std::string base64_lines(std::string_view text) {
    std::vector<std::uint8_t> octets(text.begin(), text.end());
    std::string encoded = core::to_base64url(octets);
    std::ranges::replace(encoded, '-', '+');
    std::ranges::replace(encoded, '_', '/');
    encoded.append((4 - encoded.size() % 4) % 4, '=');
    std::string lines;
    for (std::size_t at = 0; at < encoded.size(); at += kBase64Line) {
        lines += encoded.substr(at, kBase64Line) + "\r\n";
    }
    return lines;
}

std::string csv_cell(std::string_view text) {
    std::string cell = "\"";
    for (const char c : core::to_valid_utf8(text)) {
        if (c == '"') {
            cell += c;
        }
        cell += c == '\r' || c == '\n' ? ' ' : c;
    }
    return cell + "\"";
}

std::string csv_of(const std::vector<PreflightRow>& rows) {
    std::string csv = "address,verdict,finding,code,reason,suggestion\r\n";
    for (const PreflightRow& row : rows) {
        csv += csv_cell(row.address);
        csv += fmt::format(",{}", config::wire_name(row.verdict.action));
        if (const std::optional<Finding>& finding = row.verdict.finding) {
            csv += fmt::format(
                ",{},{},{},{}\r\n",
                mail::wire_name(finding->name),
                finding->code.has_value() ? fmt::format("{}", finding->code->number()) : "",
                csv_cell(finding->reason),
                csv_cell(finding->suggestion));
        } else {
            csv += ",,,,\r\n";
        }
    }
    return csv;
}

std::size_t count_of(const std::vector<PreflightRow>& rows, PolicyAction action) {
    return static_cast<std::size_t>(std::ranges::count_if(
        rows, [&](const PreflightRow& row) { return row.verdict.action == action; }));
}

/// The lines of text with CRLF.
std::string with_crlf(std::string_view text) {
    std::string lines;
    for (const char c : text) {
        lines += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return lines;
}

std::string recipients_text(const std::vector<PreflightRow>& rows) {
    std::string text;
    std::size_t shown = 0;
    std::size_t all = 0;
    for (const PreflightRow& row : rows) {
        if (row.verdict.action == PolicyAction::Pass || !row.verdict.finding.has_value()) {
            continue;
        }
        if (++all > kMostShown) {
            continue;
        }
        ++shown;
        constexpr std::size_t kMostAddress = 320;
        const Finding& finding = *row.verdict.finding;
        text += fmt::format("{:<6}  {}\n        {}\n        {}\n",
                            config::wire_name(row.verdict.action),
                            core::printable(row.address, kMostAddress),
                            core::printable(finding.reason),
                            core::printable(finding.advice));
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
        text += fmt::format("Subject:    {}\n", core::printable(facts.subject));
    }
    if (!facts.message_id.empty()) {
        text += fmt::format("Message-ID: {}\n", core::printable(facts.message_id));
    }
    text += fmt::format("Judged as:  {} (signal {})\n\n",
                        wire_name(facts.stream.stream),
                        core::printable(facts.stream.signal));
    text += fmt::format("{} recipients: {} pass, {} tag, {} hold, {} defer, {} reject\n",
                        facts.rows.size(),
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
        text += fmt::format("{:>9}  {}\n", each.recipients, core::printable(each.domain));
    }
    text += "\n" + recipients_text(facts.rows);
    return with_crlf(text);
}

}  // namespace

std::string compose_preflight_report(const PreflightFacts& facts) {
    const std::string boundary = fmt::format("holdback-{}", facts.unique);
    std::string message = fmt::format(
        "Date: {}\r\n"
        "From: Holdback <holdback@{}>\r\n"
        "To: <{}>\r\n"
        "Subject: Preflight: {} recipients, nothing was sent\r\n"
        "Message-ID: <{}@{}>\r\n"
        "Auto-Submitted: auto-replied\r\n",
        rfc5322_date(facts.now),
        facts.host,
        facts.sender,
        facts.rows.size(),
        facts.unique,
        facts.host);
    if (!facts.message_id.empty() && !core::has_non_ascii(facts.message_id)) {
        message += fmt::format("In-Reply-To: {}\r\n", core::printable(facts.message_id));
    }
    message += fmt::format(
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"{0}\"\r\n\r\n"
        "--{0}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{1}\r\n"
        "--{0}\r\nContent-Type: text/csv; charset=utf-8; header=present\r\n"
        "Content-Disposition: attachment; filename=\"preflight.csv\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n{2}--{0}--\r\n",
        boundary,
        report_text(facts),
        base64_lines(csv_of(facts.rows)));
    return message;
}

}  // namespace holdback::outbound
