// SPDX-License-Identifier: Apache-2.0
#include "outbound/direction.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <variant>

namespace holdback::outbound {

bool is_outgoing(const Origin& origin,
                 const mail::EnvelopeSender& sender,
                 const config::OutgoingSettings& settings) {
    if (!origin.over_smtp) {
        return !std::holds_alternative<mail::NullSender>(sender);
    }
    if (!origin.user.empty()) {
        return true;
    }
    if (origin.client.has_value() &&
        std::ranges::any_of(settings.networks, [&](const mail::Network& network) {
            return network.contains(*origin.client);
        })) {
        return true;
    }
    return std::ranges::any_of(settings.daemons, [&](std::string_view name) {
        return core::equals_ignoring_case(name, origin.daemon);
    });
}

bool answers_at_rcpt(const Origin& origin, const config::Settings& settings) {
    if (settings.mode == config::Mode::Shadow || !origin.over_smtp ||
        settings.milter.answer_at == config::AnswerAt::Message) {
        return false;
    }
    switch (settings.policy.refuse_at_rcpt) {
        case config::RefuseAtRcpt::Never:
            return false;
        case config::RefuseAtRcpt::Authenticated:
            return !origin.user.empty();
        case config::RefuseAtRcpt::Always:
            return true;
    }
    return false;
}

bool is_spared(const Origin& origin, std::size_t refusals, const config::PolicySettings& settings) {
    return origin.over_smtp && refusals >= settings.refuse_at_most;
}

}  // namespace holdback::outbound
