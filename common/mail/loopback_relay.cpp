// SPDX-License-Identifier: Apache-2.0
#include "mail/loopback_relay.hpp"

#include "mail/ip_address.hpp"
#include "mail/outcome.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace holdback::mail {

bool has_loopback_relay(const MtaOutcome& outcome) {
    const std::optional<IpAddress> relay = IpAddress::parse(outcome.relay_address);
    return relay.has_value() && relay->scope() == AddressScope::Loopback;
}

bool was_handed_on_here(const MtaOutcome& outcome, std::span<const Network> handed_on) {
    const std::optional<IpAddress> relay = IpAddress::parse(outcome.relay_address);
    return relay.has_value() && relay->scope() == AddressScope::Loopback &&
           std::ranges::any_of(
               handed_on, [&relay](const Network& network) { return network.contains(*relay); });
}

}  // namespace holdback::mail
