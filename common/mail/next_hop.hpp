// SPDX-License-Identifier: Apache-2.0
#pragma once
// The host that the MTA's configuration names as a next hop.

#include "mail/domain.hpp"
#include "mail/ip_address.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace holdback::mail {

/// A next hop by name: that host itself, or the hosts of its MX records if it has any.
struct NamedHop {
    enum class By : std::uint8_t { Host, Mx };

    Domain name;
    By by = By::Host;

    bool operator==(const NamedHop&) const = default;
};

using NextHop = std::variant<IpAddress, NamedHop>;

/// Reads "host", "[host]", "[host]:port", "host:port", "[192.0.2.1]", "[ipv6:2001:db8::1]:25" and
/// the like, as Postfix and Sendmail write them. Brackets mean: no MX records. nullopt for a text
/// that names no host of the network, such as a socket.
[[nodiscard]] std::optional<NextHop> parse_next_hop(std::string_view text);

}  // namespace holdback::mail
