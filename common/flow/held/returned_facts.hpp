// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a DSN says of held mail that goes back to its sender.

#include "letters/return_dsn.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <span>
#include <string>
#include <string_view>

namespace holdback::flow::held {

/// Of the message, with the header that is quoted; without recipients.
[[nodiscard]] letters::ReturnDsnFacts returned_message(const terms::HeldMessage& message,
                                                       std::string header);

/// Of one recipient: why it was held back, or what the MTA said to a release. `damage` is that of
/// the copy, or empty.
[[nodiscard]] letters::ReturnedRecipient returned_recipient(const terms::HeldRecipient& recipient,
                                                            std::string_view damage);

/// By what the DSN is known: the numbers of items begin anew in a new store, where a DSN of before
/// may still be.
[[nodiscard]] std::string return_key(std::span<const ports::HeldItem> of_message);

}  // namespace holdback::flow::held
