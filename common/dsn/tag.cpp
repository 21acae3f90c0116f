// SPDX-License-Identifier: Apache-2.0
#include "dsn/tag.hpp"

#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/header.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::dsn {

namespace {

constexpr std::string_view kReservedPrefix = "X-Holdback-";
/// An address may have 254 octets. Escapes can make it four times as long, more than the 998 octets
/// of a line (RFC 5322 section 2.1.1).
constexpr std::size_t kMostQuotedOctets = 900;
constexpr std::size_t kCutAddressOctets = 200;

/// A foreign address in double quotes, in printable ASCII only.
std::string in_quotes(std::string_view address) {
    std::string whole = core::log_safe(address);
    if (whole.size() <= kMostQuotedOctets) {
        return whole;
    }
    return core::log_safe(address.substr(0, kCutAddressOctets)) + "...";
}

std::string dsn_value(const ClassifiedRecipient& recipient,
                      terms::Proof proof,
                      const terms::CodeCatalogue& codes,
                      Extensions extensions) {
    const terms::FailureCode code = codes.shown_as(recipient.code, extensions == Extensions::On);
    std::string value = fmt::format("code={}", code.number());
    if (const terms::CodeEntry* entry = codes.find(code); entry != nullptr) {
        value += fmt::format("; name={}; class={}", entry->name, wire_name(entry->failure_class));
    }
    if (recipient.report.status.has_value()) {
        value += fmt::format("; status={}", recipient.report.status->text());
    }
    value += fmt::format("; action={};\n\trcpt={}",
                         wire_name(recipient.report.action),
                         in_quotes(recipient.report.recipient()));
    if (const std::string_view behind = recipient.report.behind(); !behind.empty()) {
        value += fmt::format("; final={}", in_quotes(behind));
    }
    value += fmt::format("; proof={}", wire_name(proof));
    if (!recipient.rule.empty()) {
        value += fmt::format("; rule={}", core::printable(recipient.rule));
    }
    return value;
}

std::vector<RemovedField> reserved_fields(const mail::HeaderList& existing) {
    std::vector<RemovedField> found;
    std::map<std::string, std::size_t> seen;
    for (const mail::HeaderField& field : existing.fields()) {
        if (is_reserved_field(field.name)) {
            found.push_back({field.name, ++seen[core::to_lower(field.name)]});
        }
    }
    std::ranges::reverse(found);
    return found;
}

}  // namespace

bool is_reserved_field(std::string_view name) {
    return core::starts_with_ignoring_case(name, kReservedPrefix) &&
           !core::equals_ignoring_case(name, kSealField);
}

TagPlan tag(const Understanding& understanding,
            std::span<const terms::Proof> proofs,
            const terms::CodeCatalogue& codes,
            Extensions extensions,
            const mail::HeaderList& existing) {
    TagPlan plan;
    plan.removed = reserved_fields(existing);
    if (!understanding.code.has_value()) {
        return plan;
    }
    const terms::FailureCode code =
        codes.shown_as(*understanding.code, extensions == Extensions::On);
    plan.added.push_back({std::string(kCodeField), fmt::format("{}", code.number())});
    const std::size_t count = std::min(understanding.recipients.size(), kMostDsnFields);
    for (std::size_t i = 0; i < count; ++i) {
        const terms::Proof proof = i < proofs.size() ? proofs[i] : terms::Proof::Unproven;
        plan.added.push_back({std::string(kDsnField),
                              dsn_value(understanding.recipients[i], proof, codes, extensions)});
    }
    return plan;
}

}  // namespace holdback::dsn
