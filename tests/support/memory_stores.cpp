// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_stores.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/unknown_text.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/folded_sender.hpp"
#include "ports/held_files.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "ports/submitter.hpp"
#include "ports/suppression_store.hpp"
#include "ports/unknown_store.hpp"
#include "terms/held.hpp"
#include "terms/held_rules.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::support {

namespace {

std::string_view domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool at_or_before(const std::optional<core::TimePoint>& time, core::TimePoint limit) {
    return time.has_value() && *time <= limit;
}

bool matches(const ports::HeldFilter& filter, const ports::HeldItem& item) {
    const terms::HeldRecipient& row = item.recipient;
    const auto in = [](const auto& list, const auto& value) {
        return list.empty() || std::ranges::find(list, value) != list.end();
    };
    const auto same_text = [](const std::optional<std::string>& wanted, std::string_view value) {
        return !wanted.has_value() || core::equals_ignoring_case(*wanted, value);
    };
    return row.id > filter.after && in(filter.ids, row.id) && in(filter.states, row.state) &&
           (!filter.kind.has_value() || *filter.kind == item.message.kind) &&
           same_text(filter.sender, item.message.sender) &&
           same_text(filter.domain, domain_of(row.address)) &&
           (!filter.finding.has_value() || *filter.finding == row.finding) &&
           (!filter.campaign.has_value() || *filter.campaign == item.message.campaign) &&
           same_text(filter.recipient, row.address) &&
           (!filter.queue_id.has_value() || *filter.queue_id == item.message.queue_id ||
            *filter.queue_id == row.mta_queue_id) &&
           (!filter.copy_id.has_value() || *filter.copy_id == row.mta_queue_id) &&
           (!filter.message_id.has_value() ||
            item.message.message_id == "<" + *filter.message_id + ">") &&
           (!filter.held_before.has_value() || item.message.held_at < *filter.held_before) &&
           (!filter.release_due.has_value() || at_or_before(row.release_at, *filter.release_due)) &&
           (!filter.expired.has_value() || at_or_before(row.expires_at, *filter.expired)) &&
           (!filter.recheck_due.has_value() || at_or_before(row.recheck_at, *filter.recheck_due)) &&
           (!filter.in_doubt.has_value() || *filter.in_doubt == row.in_doubt);
}

/// The order in which `list` gives entries: what is no domain or mailbox stands in front.
std::tuple<std::string, bool, std::string, terms::SuppressionScope> place_in_list(
    const terms::SuppressionEntry& entry) {
    switch (entry.kind) {
        case terms::SubjectKind::Address: {
            const std::size_t at = entry.subject.rfind('@');
            return {entry.subject.substr(at + 1), false, entry.subject.substr(0, at), entry.scope};
        }
        case terms::SubjectKind::Domain:
        case terms::SubjectKind::Suffix:
            return {entry.subject, true, "", entry.scope};
        case terms::SubjectKind::Pattern:
            return {"*", false, entry.subject, entry.scope};
    }
    std::unreachable();
}

}  // namespace

void Trouble::begin(std::string what, std::size_t calls) {
    const std::scoped_lock lock(mutex_);
    what_ = std::move(what);
    calls_ = calls;
}

void Trouble::end() {
    const std::scoped_lock lock(mutex_);
    what_.reset();
}

std::optional<std::string> Trouble::met() {
    const std::scoped_lock lock(mutex_);
    if (what_.has_value() && calls_ > 0) {
        --calls_;
        return std::nullopt;
    }
    return what_;
}

ManualClock::ManualClock(core::TimePoint now)
    : wall_(now.time_since_epoch().count()), steady_(1'000'000) {}

core::TimePoint ManualClock::now() const {
    return core::TimePoint(std::chrono::milliseconds(wall_.load()));
}

core::SteadyPoint ManualClock::steady_now() const {
    return core::SteadyPoint(std::chrono::milliseconds(steady_.load()));
}

void ManualClock::advance(std::chrono::milliseconds by) {
    wall_ += by.count();
    steady_ += by.count();
}

core::Result<std::vector<ports::SuppressionLookup>, ports::StoreError>
MemorySuppressionStore::look_up(std::span<const mail::Address> addresses,
                                const mail::EnvelopeSender& sender,
                                core::TimePoint now) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<ports::SuppressionLookup> found;
    found.reserve(addresses.size());
    for (const mail::Address& address : addresses) {
        ports::SuppressionLookup& lookup = found.emplace_back();
        for (const auto& [key, entry] : entries_) {
            if (terms::covers({.kind = key.kind, .text = key.subject}, address)) {
                ports::take_into(lookup, entry, sender, now);
            }
        }
    }
    return found;
}

core::Result<std::optional<terms::SuppressionEntry>, ports::StoreError>
MemorySuppressionStore::find(const terms::SuppressionKey& key) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) {
        return std::nullopt;
    }
    return entry->second;
}

core::Result<std::vector<terms::SuppressionEntry>, ports::StoreError>
MemorySuppressionStore::find_all(const terms::SuppressionSubject& subject) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<terms::SuppressionEntry> found;
    for (const auto& [key, entry] : entries_) {
        if (key.kind == subject.kind && key.subject == subject.text) {
            found.push_back(entry);
        }
    }
    return found;
}

core::Result<void, ports::StoreError> MemorySuppressionStore::put(
    const terms::SuppressionEntry& entry) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    entries_.insert_or_assign(entry.key(), entry);
    return {};
}

core::Result<bool, ports::StoreError> MemorySuppressionStore::learn(
    const terms::SuppressionKey& key, const ports::LearnEvent& event, const Change& change) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    bool is_new = true;
    for (const std::string& name : event.names) {
        is_new = events_.emplace(key, name).second && is_new;
    }
    if (!is_new) {
        return false;
    }
    const auto entry = entries_.find(key);
    auto next = change(entry == entries_.end() ? std::nullopt : std::optional(entry->second));
    if (!next.has_value()) {
        return false;
    }
    next->kind = key.kind;
    next->subject = key.subject;
    next->scope = key.scope;
    entries_.insert_or_assign(key, std::move(*next));
    return true;
}

core::Result<bool, ports::StoreError> MemorySuppressionStore::remove(
    const terms::SuppressionKey& key) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    return entries_.erase(key) > 0;
}

core::Result<void, ports::StoreError> MemorySuppressionStore::list(
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const terms::SuppressionEntry&)>& visit) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    std::vector<terms::SuppressionEntry> found;
    {
        const std::scoped_lock lock(mutex_);
        for (const terms::SuppressionEntry& entry : std::views::values(entries_)) {
            if (ports::fits(filter, entry, now)) {
                found.push_back(entry);
            }
        }
    }
    std::ranges::sort(found, {}, place_in_list);
    for (const terms::SuppressionEntry& entry : found) {
        if (!visit(entry)) {
            break;
        }
    }
    return {};
}

core::Result<ports::SuppressionCounts, ports::StoreError> MemorySuppressionStore::counts(
    core::TimePoint now) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    ports::SuppressionCounts counts{.entries = entries_.size()};
    for (const terms::SuppressionEntry& entry : std::views::values(entries_)) {
        if (entry.reason != terms::SuppressionReason::Allow && entry.holds_at(now)) {
            ++counts.in_force;
        }
    }
    return counts;
}

bool MemoryHeldStore::has_active(std::string_view spool_id) const {
    return std::ranges::any_of(tables_.rows, [&](const auto& entry) {
        const terms::HeldRecipient& recipient = entry.second.recipient;
        return recipient.spool_id == spool_id && terms::is_active(recipient.state);
    });
}

core::Result<void, ports::StoreError> MemoryUnknownStore::count(
    std::span<const dsn::UnknownText> texts, core::TimePoint now) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    const std::scoped_lock lock(mutex_);
    for (const dsn::UnknownText& text : texts) {
        const auto found = std::ranges::find_if(entries_, [&](const ports::UnknownEntry& entry) {
            return entry.text.pattern == text.pattern;
        });
        if (found == entries_.end()) {
            entries_.push_back({.id = next_id_++,
                                .text = text,
                                .messages = 1,
                                .proven_messages = text.proven ? 1 : 0,
                                .first_seen = now,
                                .last_seen = now});
            continue;
        }
        ++found->messages;
        found->proven_messages += text.proven ? 1 : 0;
        found->last_seen = now;
        found->text.code = text.code;
        found->text.rule = text.rule;
        found->text.proven = found->text.proven || text.proven;
    }
    return {};
}

core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> MemoryUnknownStore::list() {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    const std::scoped_lock lock(mutex_);
    auto entries = entries_;
    std::ranges::stable_sort(entries, std::greater{}, &ports::UnknownEntry::messages);
    return entries;
}

core::Result<std::optional<ports::UnknownEntry>, ports::StoreError> MemoryUnknownStore::find(
    std::int64_t id) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(entries_, id, &ports::UnknownEntry::id);
    return found == entries_.end() ? std::nullopt : std::optional(*found);
}

core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> MemoryUnknownStore::drop(
    std::span<const std::int64_t> ids) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<ports::UnknownEntry> dropped;
    for (const std::int64_t id : ids) {
        const auto found = std::ranges::find(entries_, id, &ports::UnknownEntry::id);
        if (found != entries_.end()) {
            dropped.push_back(*found);
            entries_.erase(found);
        }
    }
    return dropped;
}

/// The rows within a change; the store's mutex is held.
class MemoryHeldStore::Rows final : public ports::HeldRows {
public:
    explicit Rows(Tables& tables) : tables_(&tables) {}

    std::vector<terms::HeldRow> select(const ports::RowSelection& which) override {
        std::vector<terms::HeldRow> found;
        for (const Row& row : std::views::values(tables_->rows)) {
            if (std::visit([&](const auto& wanted) { return is_wanted(row, wanted); }, which)) {
                found.push_back(held_row(row));
            }
        }
        if (const auto* const after = std::get_if<ports::ActiveAfter>(&which)) {
            found.resize(std::min(found.size(), after->most));
        }
        return found;
    }

    void write(const terms::HeldRow& before,
               const terms::HeldChange& change,
               core::TimePoint now) override {
        const terms::HeldRow& after = change.row;
        Row& row = tables_->rows.at(after.id);
        if (held_row(row) != before) {
            throw std::logic_error("this row has changed since it was read");
        }
        terms::HeldRecipient& recipient = row.recipient;
        recipient.address = after.address;
        recipient.state = after.state;
        recipient.changed_at = after.changed_at;
        recipient.attempts = after.attempts;
        recipient.last_answer = after.last_answer;
        recipient.in_doubt = after.in_doubt;
        recipient.mta_queue_id = after.mta_queue_id;
        recipient.mta_since = after.mta_since;
        recipient.release_at = after.release_at;
        recipient.expires_at = after.expires_at;
        recipient.recheck_at = after.recheck_at;
        row.token = after.token;
        if (change.line.has_value()) {
            row.events.push_back(
                {.at = now, .from = before.state, .to = after.state, .text = *change.line});
        }
    }

    void add(const terms::HeldMessage& message) override {
        if (!tables_->messages.try_emplace(message.spool_id, MessageRow{.message = message})
                 .second) {
            throw std::runtime_error("this spool id has a row already");
        }
    }

    std::int64_t add(const terms::HeldMessage& message,
                     const terms::HeldRecipient& recipient,
                     const std::optional<std::string>& identity) override {
        const std::int64_t id = tables_->next_id++;
        Row row{.recipient = terms::new_item(message, recipient),
                .token = {},
                .identity = identity,
                .events = {}};
        row.recipient.id = id;
        row.events.push_back({.at = row.recipient.changed_at,
                              .from = std::nullopt,
                              .to = row.recipient.state,
                              .text = row.recipient.reason});
        tables_->rows.emplace(id, std::move(row));
        return id;
    }

    std::optional<terms::ReleaseToken> token(std::string_view hash) override {
        const auto found = tables_->tokens.find(hash);
        return found == tables_->tokens.end() ? std::nullopt : std::optional(found->second);
    }

    void write(const terms::ReleaseToken& token, core::TimePoint /*now*/) override {
        tables_->tokens.insert_or_assign(token.hash, token);
    }

    void note_copy(std::string_view spool_id, const ports::CopyCheck& check) override {
        if (const auto found = tables_->messages.find(spool_id); found != tables_->messages.end()) {
            terms::HeldMessage& message = found->second.message;
            message.damage = check.damage;
            message.digest = message.digest.empty() ? check.digest : message.digest;
        }
    }

private:
    [[nodiscard]] terms::HeldRow held_row(const Row& row) const {
        const terms::HeldRecipient& recipient = row.recipient;
        const terms::HeldMessage& message = tables_->messages.at(recipient.spool_id).message;
        return {.id = recipient.id,
                .spool_id = recipient.spool_id,
                .kind = message.kind,
                .sender = message.sender,
                .address = recipient.address,
                .state = recipient.state,
                .changed_at = recipient.changed_at,
                .attempts = recipient.attempts,
                .last_answer = recipient.last_answer,
                .in_doubt = recipient.in_doubt,
                .mta_queue_id = recipient.mta_queue_id,
                .mta_since = recipient.mta_since,
                .release_at = recipient.release_at,
                .expires_at = recipient.expires_at,
                .recheck_at = recipient.recheck_at,
                .token = row.token};
    }

    static bool is_wanted(const Row& row, const ports::ById& by) {
        return row.recipient.id == by.id;
    }
    static bool is_wanted(const Row& row, const ports::UnderToken& under) {
        return !row.token.empty() && row.token == under.hash;
    }
    static bool is_wanted(const Row& row, const ports::InDoubtUnder& under) {
        return row.recipient.in_doubt && row.recipient.mta_queue_id == under.queue_id;
    }
    static bool is_wanted(const Row& row, const ports::HeldOf& of) {
        return row.recipient.spool_id == of.spool_id &&
               row.recipient.state == terms::HeldState::Held;
    }
    static bool is_wanted(const Row& row, const ports::AddressedTo& to) {
        return row.recipient.spool_id == to.spool_id &&
               core::equals_ignoring_case(row.recipient.address, to.address);
    }
    static bool is_wanted(const Row& row, const ports::ActiveTwin& twin) {
        return terms::is_active(row.recipient.state) && row.identity == twin.identity;
    }
    static bool is_wanted(const Row& row, const ports::ReturnedTwin& twin) {
        return row.recipient.in_doubt && row.recipient.state == terms::HeldState::Returned &&
               row.identity == twin.identity;
    }
    static bool is_wanted(const Row& row, const ports::Releasing& /*all*/) {
        return row.recipient.state == terms::HeldState::Releasing;
    }
    static bool is_wanted(const Row& row, const ports::UnsaidDoubt& /*all*/) {
        return row.recipient.state == terms::HeldState::Held && row.recipient.in_doubt &&
               row.recipient.last_answer.empty();
    }

    static bool is_wanted(const Row& row, const ports::ActiveAfter& after) {
        return terms::is_active(row.recipient.state) && row.recipient.id > after.id;
    }

    Tables* tables_;
};

core::Result<void, ports::StoreError> MemoryHeldStore::usable() const {
    return {};
}

core::Result<void, ports::StoreError> MemoryHeldStore::change(
    const std::function<void(ports::HeldRows&)>& work, ports::Durability /*durability*/) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    Tables changed = tables_;
    try {
        Rows rows(changed);
        work(rows);
    } catch (const std::runtime_error& error) {
        return std::unexpected(ports::StoreError{error.what()});
    }
    tables_ = std::move(changed);
    return {};
}

core::Result<void, ports::StoreError> MemoryHeldStore::list(
    const ports::HeldFilter& filter, const std::function<bool(const ports::HeldItem&)>& visit) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    std::vector<ports::HeldItem> found;
    {
        const std::scoped_lock lock(mutex_);
        for (const Row& row : std::views::values(tables_.rows)) {
            ports::HeldItem item{.message = tables_.messages.at(row.recipient.spool_id).message,
                                 .recipient = row.recipient};
            if (matches(filter, item)) {
                found.push_back(std::move(item));
            }
        }
    }
    const auto due_at = [&](const ports::HeldItem& item) {
        const terms::HeldRecipient& recipient = item.recipient;
        return filter.release_due.has_value()   ? recipient.release_at
               : filter.expired.has_value()     ? recipient.expires_at
               : filter.recheck_due.has_value() ? recipient.recheck_at
                                                : std::nullopt;
    };
    std::ranges::stable_sort(found, {}, due_at);
    for (const ports::HeldItem& item : found) {
        if (!visit(item)) {
            break;
        }
    }
    return {};
}

core::Result<std::vector<std::string>, ports::StoreError> MemoryHeldStore::listed_spool_ids() {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, row] : tables_.messages) {
        if (!row.spool_removed) {
            ids.push_back(id);
        }
    }
    return ids;
}

core::Result<std::vector<terms::HeldMessage>, ports::StoreError> MemoryHeldStore::kept_messages(
    std::string_view after, std::size_t most) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<terms::HeldMessage> kept;
    for (auto row = tables_.messages.upper_bound(after);
         row != tables_.messages.end() && kept.size() < most;
         ++row) {
        if (!row->second.spool_removed) {
            kept.push_back(row->second.message);
        }
    }
    return kept;
}

core::Result<std::vector<std::string>, ports::StoreError> MemoryHeldStore::removable_spool_ids(
    std::size_t most) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, row] : tables_.messages) {
        if (ids.size() < most && !row.spool_removed && !has_active(id)) {
            ids.push_back(id);
        }
    }
    return ids;
}

core::Result<std::vector<ports::SpoolShare>, ports::StoreError> MemoryHeldStore::spool_shares() {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::map<std::string, std::uint64_t> by_sender;
    for (const MessageRow& row : std::views::values(tables_.messages)) {
        if (!row.spool_removed) {
            const terms::HeldMessage& message = row.message;
            std::vector<std::string> addresses;
            for (const Row& each : std::views::values(tables_.rows)) {
                if (each.recipient.spool_id == message.spool_id) {
                    addresses.push_back(each.recipient.address);
                }
            }
            by_sender[mail::spool_sharer(
                message.user, message.sender, addresses.size() == 1 ? addresses.front() : "")] +=
                message.octets;
        }
    }
    std::vector<ports::SpoolShare> shares;
    for (const auto& [sender, octets] : by_sender) {
        shares.push_back({.sender = sender, .octets = octets});
    }
    return shares;
}

core::Result<void, ports::StoreError> MemoryHeldStore::spool_removed(
    std::span<const std::string> spool_ids) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    for (const std::string& id : spool_ids) {
        if (const auto row = tables_.messages.find(id); row != tables_.messages.end()) {
            row->second.spool_removed = true;
        }
    }
    return {};
}

core::Result<std::size_t, ports::StoreError> MemoryHeldStore::purge_ended(core::TimePoint before) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    const std::size_t gone = std::erase_if(tables_.rows, [&](const auto& entry) {
        const terms::HeldRecipient& recipient = entry.second.recipient;
        return !terms::is_active(recipient.state) && recipient.changed_at < before;
    });
    std::erase_if(tables_.messages, [&](const auto& entry) {
        return entry.second.spool_removed &&
               std::ranges::none_of(tables_.rows, [&](const auto& row) {
                   return row.second.recipient.spool_id == entry.first;
               });
    });
    return gone;
}

core::Result<std::vector<ports::HeldEvent>, ports::StoreError> MemoryHeldStore::history(
    std::int64_t id) {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    const auto row = tables_.rows.find(id);
    return row == tables_.rows.end() ? std::vector<ports::HeldEvent>() : row->second.events;
}

core::Result<ports::HeldCounts, ports::StoreError> MemoryHeldStore::counts() {
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    const auto in = [this](terms::HeldState state) {
        return static_cast<std::size_t>(std::ranges::count_if(tables_.rows, [&](const auto& entry) {
            return entry.second.recipient.state == state;
        }));
    };
    return ports::HeldCounts{.held = in(terms::HeldState::Held),
                             .releasing = in(terms::HeldState::Releasing),
                             .released = in(terms::HeldState::Released),
                             .returned = in(terms::HeldState::Returned),
                             .discarded = in(terms::HeldState::Discarded)};
}

namespace {

std::string digest_of(std::string_view octets) {
    core::RunningDigest digest;
    digest.update(octets);
    return digest.finish_hex();
}

}  // namespace

class MemorySpool::Writer final : public ports::SpoolWriter {
public:
    explicit Writer(MemorySpool& spool) : spool_(spool) {}

    core::Result<void, ports::SpoolError> append(std::string_view octets) override {
        if (auto what = spool_.write_trouble_.met()) {
            return std::unexpected(ports::SpoolError{std::move(*what)});
        }
        octets_ += octets;
        return {};
    }

    core::Result<terms::HeldMessage, ports::SpoolError> commit(
        terms::HeldMessage message, std::span<const terms::HeldRecipient> /*recipients*/) override {
        if (auto what = spool_.write_trouble_.met()) {
            return std::unexpected(ports::SpoolError{std::move(*what)});
        }
        message.octets = octets_.size();
        message.digest = digest_of(octets_);
        message.spool_id = spool_.keep(std::move(octets_));
        return message;
    }

private:
    MemorySpool&
        spool_;  // NOLINT(cppcoreguidelines-avoid-const-or-ref-data-members): the fake outlives it
    std::string octets_;
};

std::string MemorySpool::keep(std::string octets) {
    const std::scoped_lock lock(mutex_);
    std::string id = fmt::format("memory-{:06}", next_++);
    files_.insert_or_assign(id, std::move(octets));
    return id;
}

core::Result<std::unique_ptr<ports::SpoolWriter>, ports::SpoolError> MemorySpool::begin() {
    if (auto what = write_trouble_.met()) {
        return std::unexpected(ports::SpoolError{std::move(*what)});
    }
    return std::make_unique<Writer>(*this);
}

core::Result<void, ports::SpoolError> MemorySpool::read(
    const terms::HeldMessage& message, const std::function<bool(std::string_view)>& take) const {
    const auto checked = check(message);
    if (!checked.has_value()) {
        return std::unexpected(checked.error());
    }
    const auto whole = octets(message.spool_id);
    if (!whole.has_value()) {
        return std::unexpected(ports::SpoolError{checked->damage});
    }
    // Two pieces, so that a caller that expects one is found out.
    const std::string_view view(*whole);
    if (!view.empty() && take(view.substr(0, (view.size() / 2) + 1)) && view.size() > 1) {
        take(view.substr((view.size() / 2) + 1));
    }
    if (!checked->damage.empty()) {
        return std::unexpected(ports::SpoolError{checked->damage});
    }
    return {};
}

core::Result<ports::CopyCheck, ports::SpoolError> MemorySpool::check(
    const terms::HeldMessage& message) const {
    if (auto what = read_trouble_.met()) {
        return std::unexpected(ports::SpoolError{std::move(*what)});
    }
    const auto whole = octets(message.spool_id);
    if (!whole.has_value()) {
        return ports::CopyCheck{.damage = "the copy in the spool is gone", .digest = {}};
    }
    std::string digest = digest_of(*whole);
    if (!message.digest.empty() && digest != message.digest) {
        return ports::CopyCheck{.damage = "the copy in the spool has other octets", .digest = {}};
    }
    return ports::CopyCheck{.damage = {}, .digest = std::move(digest)};
}

core::Result<std::string, ports::SpoolError> MemorySpool::set_aside(std::string_view spool_id) {
    if (auto what = write_trouble_.met()) {
        return std::unexpected(ports::SpoolError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    if (const auto file = files_.find(spool_id); file != files_.end()) {
        aside_.push_back(file->first);
        files_.erase(file);
    }
    return fmt::format("aside/{}", spool_id);
}

void MemorySpool::spoil(std::string_view spool_id, std::string octets) {
    const std::scoped_lock lock(mutex_);
    files_.insert_or_assign(std::string(spool_id), std::move(octets));
}

std::vector<std::string> MemorySpool::aside() const {
    const std::scoped_lock lock(mutex_);
    return aside_;
}

core::Result<void, ports::SpoolError> MemorySpool::remove(std::string_view spool_id) {
    if (auto what = write_trouble_.met()) {
        return std::unexpected(ports::SpoolError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    if (const auto file = files_.find(spool_id); file != files_.end()) {
        files_.erase(file);
    }
    return {};
}

core::Result<std::vector<std::string>, ports::SpoolError> MemorySpool::ids() const {
    if (auto what = read_trouble_.met()) {
        return std::unexpected(ports::SpoolError{std::move(*what)});
    }
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> ids;
    for (const std::string& id : std::views::keys(files_)) {
        ids.push_back(id);
    }
    return ids;
}

std::optional<std::string> MemorySpool::octets(std::string_view spool_id) const {
    const std::scoped_lock lock(mutex_);
    const auto file = files_.find(spool_id);
    return file == files_.end() ? std::nullopt : std::optional(file->second);
}

std::vector<ports::RecipientOutcome> FakeSubmitter::submit(const ports::Submission& submission,
                                                           core::SteadyPoint /*deadline*/) {
    SeenSubmission seen{.sender = submission.sender,
                        .sender_arguments = submission.sender_arguments,
                        .recipients = submission.recipients,
                        .octets = submission.first_header};
    seen.complete = submission.read([&](std::string_view piece) {
        seen.octets += piece;
        return true;
    });
    std::function<void(const SeenSubmission&)> hook;
    std::vector<ports::RecipientOutcome> outcomes;
    {
        const std::scoped_lock lock(mutex_);
        for (const ports::SubmissionRecipient& recipient : submission.recipients) {
            const auto answer = answers_.find(recipient.address);
            outcomes.push_back(answer != answers_.end()
                                   ? answer->second
                                   : ports::Accepted{"250 2.0.0 Ok: queued as FAKE"});
        }
        seen_.push_back(seen);
        hook = hook_;
    }
    if (hook) {
        hook(seen);
    }
    return outcomes;
}

void FakeSubmitter::answer(std::string address, ports::RecipientOutcome outcome) {
    const std::scoped_lock lock(mutex_);
    answers_.insert_or_assign(std::move(address), std::move(outcome));
}

void FakeSubmitter::on_submit(std::function<void(const SeenSubmission&)> hook) {
    const std::scoped_lock lock(mutex_);
    hook_ = std::move(hook);
}

std::vector<SeenSubmission> FakeSubmitter::seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
}

void RecordingLog::write(ports::Severity severity, std::string_view line) noexcept {
    const std::scoped_lock lock(mutex_);
    lines_.push_back({.severity = severity, .text = std::string(line)});
}

std::vector<LogLine> RecordingLog::lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
}

bool RecordingLog::has(std::string_view part) const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(lines_,
                               [&](const LogLine& line) { return line.text.contains(part); });
}

void RecordingLog::clear() {
    const std::scoped_lock lock(mutex_);
    lines_.clear();
}

}  // namespace holdback::support
