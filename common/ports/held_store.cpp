// SPDX-License-Identifier: Apache-2.0
#include "ports/held_store.hpp"

#include "core/result.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <expected>
#include <span>
#include <utility>
#include <vector>

namespace holdback::ports {

core::Result<std::vector<HoldOutcome>, StoreError> HeldStore::hold(
    const terms::HeldMessage& message, std::span<const terms::HeldRecipient> recipients) {
    const NewHold one{.message = message, .recipients = {recipients.begin(), recipients.end()}};
    auto outcomes = hold_together(std::span(&one, 1));
    if (!outcomes.has_value()) {
        return std::unexpected(std::move(outcomes.error()));
    }
    return std::move(outcomes->front());
}

}  // namespace holdback::ports
