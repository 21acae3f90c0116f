// SPDX-License-Identifier: Apache-2.0
#include "flow/held/held_items.hpp"

#include "core/result.hpp"
#include "flow/held/item_outcome.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using What = ItemOutcome::What;

/// The outcome of an item that was left alone.
ItemOutcome why_left_alone(const terms::HeldRecipient& recipient) {
    if (recipient.state != terms::HeldState::Held) {
        return {recipient.id, What::NotHeld, fmt::format("it is {}", wire_name(recipient.state))};
    }
    if (!recipient.in_doubt) {
        return {recipient.id, What::NotHeld, "somebody else acted on it, try again"};
    }
    // A fresh doubt has no words yet.
    return {recipient.id,
            What::InDoubt,
            recipient.last_answer.empty()
                ? "the MTA has not finished this message yet, try again in a moment"
                : "the MTA may have a copy: holdbackctl held show says what to look for in its log;"
                  " then say --in-doubt"};
}

}  // namespace

core::Result<Items, std::string> find_items(ports::HeldStore& held,
                                            const ports::HeldFilter& filter,
                                            std::size_t most) {
    Items found;
    const auto listed = held.list(filter, [&](const ports::HeldItem& item) {
        found.push_back(item);
        return most == 0 || found.size() < most;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error().what);
    }
    return found;
}

std::vector<std::int64_t> ids_of(OfMessage items) {
    std::vector<std::int64_t> ids;
    ids.reserve(items.size());
    for (const ports::HeldItem& item : items) {
        ids.push_back(item.recipient.id);
    }
    return ids;
}

namespace {

/// Adds outcomes that say why the other `ids` were left alone.
void explain_the_rest(ports::HeldStore& held,
                      std::span<const std::int64_t> ids,
                      std::map<std::int64_t, ItemOutcome>& by_id) {
    ports::HeldFilter others;
    std::ranges::copy_if(
        ids, std::back_inserter(others.ids), [&](std::int64_t id) { return !by_id.contains(id); });
    if (others.ids.empty()) {
        return;
    }
    const auto found = find_items(held, others);
    if (!found.has_value()) {
        for (const std::int64_t id : others.ids) {
            by_id.insert_or_assign(id, ItemOutcome{id, What::Failed, found.error()});
        }
        return;
    }
    for (const ports::HeldItem& item : *found) {
        by_id.insert_or_assign(item.recipient.id, why_left_alone(item.recipient));
    }
}

}  // namespace

std::vector<ItemOutcome> act_on_held(ports::HeldStore& held,
                                     std::span<const std::int64_t> ids,
                                     ports::InDoubt in_doubt,
                                     const Act& act) {
    std::vector<ItemOutcome> outcomes;
    outcomes.reserve(ids.size());
    ports::HeldFilter filter;
    filter.ids.assign(ids.begin(), ids.end());
    filter.states = {terms::HeldState::Held};
    if (in_doubt == ports::InDoubt::LeaveAlone) {
        filter.in_doubt = false;
    }
    const auto found =
        ids.empty() ? core::Result<Items, std::string>(Items{}) : find_items(held, filter);
    if (!found.has_value()) {
        for (const std::int64_t id : ids) {
            outcomes.push_back({id, What::Failed, found.error()});
        }
        return outcomes;
    }
    if (!found->empty()) {
        act(*found, outcomes);
    }
    std::map<std::int64_t, ItemOutcome> by_id;
    for (ItemOutcome& outcome : outcomes) {
        by_id.insert_or_assign(outcome.id, std::move(outcome));
    }
    explain_the_rest(held, ids, by_id);
    std::vector<ItemOutcome> in_order;
    in_order.reserve(ids.size());
    for (const std::int64_t id : ids) {
        const auto known = by_id.find(id);
        in_order.push_back(known != by_id.end() ? known->second
                                                : ItemOutcome{id, What::NotHeld, "no such item"});
    }
    return in_order;
}

std::vector<ItemOutcome> act_by_message(ports::HeldStore& held,
                                        std::span<const std::int64_t> ids,
                                        ports::InDoubt in_doubt,
                                        const Act& act) {
    return act_on_held(
        held, ids, in_doubt, [&](OfMessage found, std::vector<ItemOutcome>& outcomes) {
            std::map<std::string, Items> by_message;
            for (const ports::HeldItem& item : found) {
                by_message[item.message.spool_id].push_back(item);
            }
            for (const auto& [spool_id, of_message] : by_message) {
                act(of_message, outcomes);
            }
        });
}

}  // namespace holdback::flow::held
