// SPDX-License-Identifier: Apache-2.0
#include "ports/suppression_store.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "mail/envelope.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace holdback::ports {

namespace {

/// The weight of a reason: a wish does not outweigh that the mailbox does not exist.
int weight_of(terms::SuppressionReason reason) {
    switch (reason) {
        case terms::SuppressionReason::Unsubscribe:
            return 0;
        case terms::SuppressionReason::Complaint:
            return 1;
        case terms::SuppressionReason::Bounce:
            return 2;
        case terms::SuppressionReason::Manual:
            return 3;
        case terms::SuppressionReason::Allow:
            return 4;
    }
    std::unreachable();
}

/// Of two entries for an address, the one with the greater rank counts.
std::tuple<int, terms::ScopeKind, int, std::size_t> rank(const terms::SuppressionEntry& entry) {
    const auto kind = static_cast<int>(entry.kind);
    return {weight_of(entry.reason), entry.scope.kind(), -kind, entry.subject.size()};
}

bool take_if_better(std::optional<terms::SuppressionEntry>& place, terms::SuppressionEntry entry) {
    if (place.has_value() && rank(*place) >= rank(entry)) {
        return false;
    }
    place = std::move(entry);
    return true;
}

/// The domain of an entry's subject; empty for hashed entries and patterns.
std::string_view domain_of(const terms::SuppressionEntry& entry) {
    const std::string_view subject = entry.subject;
    if (entry.form == terms::SubjectForm::Hashed) {
        return {};
    }
    switch (entry.kind) {
        case terms::SubjectKind::Address:
            return subject.substr(subject.rfind('@') + 1);
        case terms::SubjectKind::Domain:
            return subject;
        case terms::SubjectKind::Suffix:
            return subject.substr(1);
        case terms::SubjectKind::Pattern:
            return {};
    }
    std::unreachable();
}

template <typename T>
bool is_or_any(const std::optional<T>& wanted, const T& value) {
    return !wanted.has_value() || *wanted == value;
}

}  // namespace

std::optional<terms::SuppressionEntry> deciding_entry(const SuppressionLookup& lookup) {
    if (!lookup.address.has_value() || !lookup.domain.has_value()) {
        return lookup.address.has_value() ? lookup.address : lookup.domain;
    }
    return weight_of(lookup.domain->reason) > weight_of(lookup.address->reason) ? lookup.domain
                                                                                : lookup.address;
}

void take_into(SuppressionLookup& lookup,
               terms::SuppressionEntry entry,
               const mail::EnvelopeSender& sender,
               core::TimePoint now) {
    const std::string_view recipient = entry.kind == terms::SubjectKind::Address
                                           ? std::string_view(entry.subject)
                                           : std::string_view();
    if (!entry.holds_at(now) || !entry.scope.covers(sender, recipient)) {
        return;
    }
    if (entry.reason == terms::SuppressionReason::Allow) {
        take_if_better(lookup.allow, std::move(entry));
    } else if (entry.kind == terms::SubjectKind::Address) {
        take_if_better(lookup.address, std::move(entry));
    } else {
        take_if_better(lookup.domain, std::move(entry));
    }
}

bool take_of_mailbox(SuppressionLookup& lookup, const SuppressionLookup& mailbox) {
    if (mailbox.allow.has_value()) {
        take_if_better(lookup.allow, *mailbox.allow);
    }
    if (mailbox.domain.has_value()) {
        take_if_better(lookup.domain, *mailbox.domain);
    }
    return mailbox.address.has_value() && take_if_better(lookup.address, *mailbox.address);
}

bool fits(const SuppressionFilter& filter,
          const terms::SuppressionEntry& entry,
          core::TimePoint now) {
    const bool is_learned = entry.source == terms::SuppressionSource::Learned;
    return is_or_any(filter.reason, entry.reason) && is_or_any(filter.code, entry.code) &&
           is_or_any(filter.kind, entry.kind) && is_or_any(filter.scope, entry.scope) &&
           is_or_any(filter.scope_kind, entry.scope.kind()) &&
           is_or_any(filter.source, entry.source) &&
           (!filter.proof.has_value() || (is_learned && *filter.proof == entry.proof)) &&
           (!filter.domain.has_value() ||
            core::equals_ignoring_case(*filter.domain, domain_of(entry))) &&
           (!filter.seen_before.has_value() || entry.last_seen < *filter.seen_before) &&
           (!filter.seen_since.has_value() || entry.last_seen >= *filter.seen_since) &&
           (filter.with_inactive || entry.holds_at(now));
}

}  // namespace holdback::ports
