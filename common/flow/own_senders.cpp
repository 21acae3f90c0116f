// SPDX-License-Identifier: Apache-2.0
#include "flow/own_senders.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/own_name.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "outbound/direction.hpp"
#include "outbound/own_sender.hpp"
#include "outbound/received.hpp"
#include "ports/mta_tables.hpp"
#include "terms/held.hpp"

#include <chrono>
#include <span>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

constexpr std::chrono::seconds kPatience{2};

}  // namespace

bool OwnSenders::has(const mail::EnvelopeSender& sender, const config::Settings& settings) const {
    if (outbound::is_own_sender(sender, settings, parts_.own_name.all())) {
        return true;
    }
    const auto* address = std::get_if<mail::Address>(&sender);
    if (address == nullptr || address->domain().is_literal() ||
        settings.mta.kind == mail::MtaKind::None) {
        return false;
    }
    // Asks about the domain, so that its answer is known for the next sender.
    const auto anybody = mail::Address::parse(
        fmt::format("postmaster@{}", address->domain().text()), mail::Smtputf8::No);
    if (!anybody.has_value()) {
        return false;
    }
    const std::vector<ports::OwnRoute> routes =
        parts_.mta.ask(std::span(&anybody->value, 1), parts_.clock.steady_now() + kPatience);
    return !routes.empty() && routes.front().membership == mail::Membership::Yes &&
           routes.front().is_served;
}

outbound::Entry OwnSenders::entry_of(const mail::HeaderList& headers,
                                     const config::Settings& settings) const {
    return outbound::entry_of(headers, parts_.own_name.all(), settings.outgoing.networks);
}

Way OwnSenders::way_of(const outbound::Origin& origin,
                       const mail::EnvelopeSender& sender,
                       const outbound::Entry& entry,
                       SenderIs sender_is,
                       const config::Settings& settings) const {
    if (!outbound::came_in_before(origin, entry, settings.outgoing)) {
        return Way::Outgoing;
    }
    if (entry.before_queue || sender_is == SenderIs::TheSame || !has(sender, settings)) {
        return Way::CameIn;
    }
    return Way::OwnByName;
}

bool OwnSenders::may_be_told(const outbound::Origin& origin,
                             const mail::EnvelopeSender& sender,
                             const outbound::Entry& entry,
                             const config::Settings& settings) const {
    return !std::holds_alternative<mail::NullSender>(sender) &&
           (outbound::came_from_our_own(origin, entry) || has(sender, settings));
}

bool OwnSenders::may_be_told(const terms::HeldMessage& message,
                             const mail::HeaderList& headers,
                             const config::Settings& settings) const {
    if (message.vouched) {
        return true;
    }
    const auto address = mail::Address::parse(message.sender, mail::Smtputf8::Yes);
    const mail::EnvelopeSender sender = address.has_value() ? mail::EnvelopeSender(address->value)
                                                            : mail::EnvelopeSender(message.sender);
    // Mail by sendmail(1) has a loopback address, which means the same.
    const outbound::Origin origin{.user = message.user,
                                  .daemon = {},
                                  .client = mail::IpAddress::parse(message.client),
                                  .over_smtp = true};
    return may_be_told(origin, sender, entry_of(headers, settings), settings);
}

}  // namespace holdback::flow
