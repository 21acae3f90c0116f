// SPDX-License-Identifier: Apache-2.0
#include "terms/held_finding.hpp"

#include "terms/finding.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace holdback::terms {

namespace {

constexpr std::string_view kNone = "none";

}  // namespace

HeldFinding HeldFinding::parse(std::string_view word) {
    HeldFinding finding;
    if (const auto name = parse_finding_name(word)) {
        finding.what_ = *name;
    } else if (word != kNone) {
        finding.what_ = std::string(word);
    }
    return finding;
}

std::optional<FindingName> HeldFinding::name() const {
    const auto* const name = std::get_if<FindingName>(&what_);
    return name != nullptr ? std::optional(*name) : std::nullopt;
}

std::string_view HeldFinding::word() const {
    if (const auto known = name()) {
        return wire_name(*known);
    }
    const auto* const other = std::get_if<std::string>(&what_);
    return other != nullptr ? std::string_view(*other) : kNone;
}

bool HeldFinding::is_suppression() const {
    const auto known = name();
    return known.has_value() && row_of(*known).cause == Cause::Entry;
}

}  // namespace holdback::terms
