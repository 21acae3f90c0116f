// SPDX-License-Identifier: Apache-2.0
#pragma once
// Looks up held items to act on them.

#include "core/result.hpp"
#include "flow/held/item_outcome.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace holdback::flow::held {

using Items = std::vector<ports::HeldItem>;
/// Normally the items of one message.
using OfMessage = std::span<const ports::HeldItem>;

/// At most `most` items that fit a filter; 0: all. The error is the store's.
[[nodiscard]] core::Result<Items, std::string> find_items(ports::HeldStore& held,
                                                          const ports::HeldFilter& filter,
                                                          std::size_t most = 0);

[[nodiscard]] std::vector<std::int64_t> ids_of(OfMessage items);

/// Acts on items and adds an outcome for each item that it was about.
using Act = std::function<void(OfMessage, std::vector<ItemOutcome>&)>;

/// Acts on those of `ids` that are held, all at once. Gives an outcome for each id, in order. For
/// the other ids the outcome says why nothing was done.
std::vector<ItemOutcome> act_on_held(ports::HeldStore& held,
                                     std::span<const std::int64_t> ids,
                                     ports::InDoubt in_doubt,
                                     const Act& act);

/// The same, with one call of `act` per message.
std::vector<ItemOutcome> act_by_message(ports::HeldStore& held,
                                        std::span<const std::int64_t> ids,
                                        ports::InDoubt in_doubt,
                                        const Act& act);

}  // namespace holdback::flow::held
