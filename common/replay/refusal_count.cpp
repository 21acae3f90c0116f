// SPDX-License-Identifier: Apache-2.0
#include "replay/refusal_count.hpp"

#include "config/settings.hpp"
#include "outbound/direction.hpp"
#include "replay/recorded.hpp"

#include <cstddef>
#include <limits>
#include <optional>

namespace holdback::replay {

void RefusalCount::add(bool is_certain) {
    least += is_certain ? 1U : 0U;
    most += most < std::numeric_limits<std::size_t>::max() ? 1U : 0U;
}

RefusalCount refusals_before(const RecordedMessage& message, const config::Settings& settings) {
    if (!message.dialogue.has_value()) {
        return {};
    }
    const RecordedDialogue& then = *message.dialogue;
    const std::size_t refused = then.before.refusals;
    const RefusalCount exact{.least = refused, .most = refused};
    const RefusalCount or_more{.least = refused};
    const bool asks_now = outbound::answers_at_rcpt(message.origin, settings);
    if (then.asked_at_rcpt == asks_now) {
        // A client that was spared then would have been refused more often under a higher limit.
        return !then.had_enough || settings.policy.refuse_at_most <= refused ? exact : or_more;
    }
    if (asks_now) {
        return then.before.messages == 0 ? exact : or_more;
    }
    return {.least = 0, .most = refused};
}

std::optional<bool> had_enough(const RecordedMessage& message,
                               const RefusalCount& refusals,
                               const config::Settings& settings) {
    const bool at_least = outbound::is_spared(message.origin, refusals.least, settings.policy);
    const bool at_most = outbound::is_spared(message.origin, refusals.most, settings.policy);
    return at_least == at_most ? std::optional(at_least) : std::nullopt;
}

}  // namespace holdback::replay
