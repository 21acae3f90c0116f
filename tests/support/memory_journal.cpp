// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_journal.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/outage.hpp"
#include "mail/outcome.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::support {

core::Result<void, ports::StoreError> MemoryJournal::record(
    std::span<const ports::JournalEntry> fresh_entries,
    std::string_view source,
    std::string_view position,
    const ports::JournalLimits& most,
    core::TimePoint /*now*/) {
    if (auto what = trouble.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    ++transactions;
    limits = most;
    for (const ports::JournalEntry& entry : fresh_entries) {
        entries.push_back(entry);
        entries.back().id = static_cast<std::int64_t>(entries.size());
        if (entry.accepted) {
            const core::TimePoint at = entry.outcome.at;
            const auto [it, is_new] = acceptances.try_emplace(
                entry.key, ports::Acceptance{.first = at, .last = at, .provider = entry.provider});
            it->second.first = std::min(it->second.first, at);
            it->second.last = std::max(it->second.last, at);
            it->second.provider = entry.provider;
        }
    }
    positions.insert_or_assign(std::string(source), std::string(position));
    return {};
}

core::Result<std::optional<std::string>, ports::StoreError> MemoryJournal::position(
    std::string_view source) const {
    const auto it = positions.find(source);
    return it == positions.end() ? std::nullopt : std::optional(it->second);
}

core::Result<std::vector<ports::JournalEntry>, ports::StoreError> MemoryJournal::untold(
    std::size_t most) const {
    std::vector<ports::JournalEntry> found;
    for (const ports::JournalEntry& entry : entries) {
        if (entry.id > told_up_to && found.size() < most) {
            found.push_back(entry);
        }
    }
    return found;
}

core::Result<void, ports::StoreError> MemoryJournal::told(std::int64_t id) {
    told_up_to = std::max(told_up_to, id);
    return {};
}

core::Result<std::vector<ports::JournalEntry>, ports::StoreError> MemoryJournal::outcomes_of(
    std::string_view queue_id) const {
    std::vector<ports::JournalEntry> found;
    for (const ports::JournalEntry& entry : entries) {
        if (entry.outcome.queue_id == queue_id) {
            found.push_back(entry);
        }
    }
    return found;
}

core::Result<std::vector<ports::JournalEntry>, ports::StoreError> MemoryJournal::history_of(
    std::string_view key, std::size_t most) const {
    std::vector<ports::JournalEntry> found;
    for (auto it = entries.rbegin(); it != entries.rend() && found.size() < most; ++it) {
        if (it->key == key) {
            found.push_back(*it);
        }
    }
    return found;
}

core::Result<std::optional<ports::Acceptance>, ports::StoreError> MemoryJournal::accepted(
    std::string_view key) const {
    const auto it = acceptances.find(key);
    return it == acceptances.end() ? std::nullopt : std::optional(it->second);
}

core::Result<void, ports::StoreError> MemoryJournal::refute(std::string_view key) {
    if (const auto it = acceptances.find(key); it != acceptances.end()) {
        acceptances.erase(it);
    }
    return {};
}

core::Result<std::optional<core::TimePoint>, ports::StoreError> MemoryJournal::accepted_in(
    std::string_view domain) const {
    std::optional<core::TimePoint> last;
    for (const auto& [key, acceptance] : acceptances) {
        if (mail::recipient_domain(key) == domain &&
            (!last.has_value() || *last < acceptance.last)) {
            last = acceptance.last;
        }
    }
    return last;
}

core::Result<ports::OutcomeCounts, ports::StoreError> MemoryJournal::counts(
    core::TimePoint /*since*/) const {
    return ports::OutcomeCounts{};
}

core::Result<std::vector<ports::OutcomeGroup>, ports::StoreError> MemoryJournal::groups(
    ports::OutcomeGrouping /*by*/, core::TimePoint /*since*/, std::size_t /*most*/) const {
    return std::vector<ports::OutcomeGroup>{};
}

core::Result<void, ports::StoreError> MemoryOutageStore::put(const dsn::Outage& outage) {
    for (dsn::Outage& known : outages) {
        if (known.provider == outage.provider && known.opened == outage.opened) {
            known = outage;
            return {};
        }
    }
    outages.push_back(outage);
    return {};
}

core::Result<std::vector<dsn::Outage>, ports::StoreError> MemoryOutageStore::list() const {
    return std::vector<dsn::Outage>(outages.rbegin(), outages.rend());
}

}  // namespace holdback::support
