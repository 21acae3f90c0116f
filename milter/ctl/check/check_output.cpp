// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/check/check_output.hpp"

#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "outbound/findings.hpp"
#include "outbound/forecast.hpp"
#include "outbound/mail_route.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/stream.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using terms::PolicyAction;

Json as_json(const outbound::Finding& finding) {
    return {
        {"name", wire_name(finding.name)},
        {"code", finding.code.has_value() ? Json(finding.code->number()) : Json(nullptr)},
        {"certainty", wire_name(finding.certainty)},
        {"reason", finding.reason},
        {"advice", finding.advice},
        {"suggestion", text_or_null(finding.suggestion)},
    };
}

Json as_json(const CheckedAddress& address, std::string_view column) {
    Json findings = Json::array();
    for (const outbound::Finding& finding : address.findings) {
        findings.push_back(as_json(finding));
    }
    Json hosts = Json::array();
    if (address.route.has_value()) {
        hosts = Json::array_of(address.route->hosts);
    }
    Json object = {
        {"address", address.text},
        {"verdict", terms::wire_name(address.verdict)},
        {"stream", wire_name(address.stream)},
        {"findings", std::move(findings)},
        {"route", address.route.has_value() ? Json(wire_name(address.route->kind)) : Json(nullptr)},
        {"hosts", std::move(hosts)},
        {"route_reason",
         address.route.has_value() ? text_or_null(address.route->why) : Json(nullptr)},
    };
    if (!column.empty()) {
        object.set("column", column);
    }
    return object;
}

void write_human(std::ostream& out, const CheckedAddress& address) {
    constexpr std::size_t kMostShown = 320;
    out << fmt::format(
        "{:<6}  {}", terms::wire_name(address.verdict), for_people(address.text, kMostShown));
    if (address.route.has_value()) {
        out << fmt::format("  ({}", for_people(outbound::shown(*address.route)));
        for (const std::string& host : address.route->hosts) {
            out << ' ' << for_people(host);
        }
        out << ')';
    }
    out << '\n';
    std::string_view suggested;
    for (const outbound::Finding& finding : address.findings) {
        const std::string code =
            finding.code.has_value() ? fmt::format(" {}", finding.code->number()) : "";
        out << fmt::format("        {}{}, {}: {}; {}\n",
                           wire_name(finding.name),
                           code,
                           wire_name(finding.certainty),
                           for_people(finding.reason),
                           for_people(finding.advice));
        // Several findings may give the same suggestion.
        if (!finding.suggestion.empty() && finding.suggestion != suggested) {
            out << fmt::format("        perhaps {}\n", for_people(finding.suggestion));
            suggested = finding.suggestion;
        }
    }
}

}  // namespace

void write_checked(const CommandContext& context,
                   const CheckedAddress& address,
                   std::string_view column) {
    if (context.json()) {
        write_json(context.out, as_json(address, column));
    } else {
        write_human(context.out, address);
    }
}

void CheckSummary::add(const CheckedAddress& address) {
    const bool parses = address.syntax.has_value();
    forecast_.add(
        parses ? address.syntax->value.key() : std::string(address.text),
        parses ? std::string_view(address.syntax->value.domain().text()) : std::string_view{},
        address.findings,
        address.verdict);
    ++checked_;
    ++verdicts_.at(static_cast<std::size_t>(address.verdict));
    for (const outbound::Finding& finding : address.findings) {
        ++findings_.at(static_cast<std::size_t>(finding.name));
    }
}

bool CheckSummary::is_against_any() const {
    return checked_ != of(PolicyAction::Pass) + of(PolicyAction::Tag);
}

void CheckSummary::write(std::ostream& out) const {
    out << fmt::format("{} checked: {} pass, {} tag, {} hold, {} defer, {} reject\n",
                       counted(checked_, "address", "addresses"),
                       of(PolicyAction::Pass),
                       of(PolicyAction::Tag),
                       of(PolicyAction::Hold),
                       of(PolicyAction::Defer),
                       of(PolicyAction::Reject));
    for (const terms::FindingName name : terms::kAllFindings) {
        if (const std::size_t count = findings_.at(static_cast<std::size_t>(name)); count > 0) {
            out << fmt::format("{:>9}  {}\n", count, wire_name(name));
        }
    }
    out << forecast_.text();
    constexpr std::size_t kMostDomains = 10;
    const auto domains = forecast_.troubled_domains(kMostDomains);
    if (!domains.empty()) {
        out << "domains with the most trouble:\n";
    }
    for (const outbound::TroubledDomain& each : domains) {
        out << fmt::format("{:>9}  {}\n", each.recipients, for_people(each.domain));
    }
    if (const std::size_t duplicates = forecast_.duplicates(); duplicates > 0) {
        out << fmt::format("{} on the list more than once\n",
                           counted(duplicates, "address is", "addresses are"));
    }
}

}  // namespace holdback::milter::ctl
