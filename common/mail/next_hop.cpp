// SPDX-License-Identifier: Apache-2.0
#include "mail/next_hop.hpp"

#include "core/text.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace holdback::mail {

namespace {

std::optional<NextHop> hop_of(std::string_view host, NamedHop::By by) {
    constexpr std::string_view kV6 = "ipv6:";
    if (core::starts_with_ignoring_case(host, kV6)) {
        host.remove_prefix(kV6.size());
    }
    if (const auto address = IpAddress::parse(host)) {
        return *address;
    }
    const auto domain = Domain::parse(host, Smtputf8::Yes);
    if (!domain.has_value() || domain->value.is_literal()) {
        return std::nullopt;
    }
    return NamedHop{.name = domain->value, .by = by};
}

}  // namespace

std::optional<NextHop> parse_next_hop(std::string_view text) {
    text = core::trim(text);
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        return end == std::string_view::npos ? std::nullopt
                                             : hop_of(text.substr(1, end - 1), NamedHop::By::Host);
    }
    if (text.contains('/')) {
        return std::nullopt;  // the path of a socket
    }
    return hop_of(text.substr(0, text.find(':')), NamedHop::By::Mx);
}

}  // namespace holdback::mail
