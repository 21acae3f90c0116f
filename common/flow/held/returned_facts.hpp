// SPDX-License-Identifier: Apache-2.0
#pragma once
// The contents of a DSN about held mail that is returned to its sender.

#include "letters/return_dsn.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <span>
#include <string>
#include <string_view>

namespace holdback::flow::held {

/// The facts about the message, with the header to quote; without recipients.
[[nodiscard]] letters::ReturnDsnFacts returned_message(const terms::HeldMessage& message,
                                                       std::string header);

/// The facts about one recipient: why it was held, or the MTA's reply to a release. `damage` is
/// that of the copy, or empty.
[[nodiscard]] letters::ReturnedRecipient returned_recipient(const terms::HeldRecipient& recipient,
                                                            std::string_view damage);

/// The key that identifies the DSN. It has no item numbers: they start again in a new store, where
/// an earlier DSN may still be.
[[nodiscard]] std::string return_key(std::span<const ports::HeldItem> of_message);

}  // namespace holdback::flow::held
