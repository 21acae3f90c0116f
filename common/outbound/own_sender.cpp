// SPDX-License-Identifier: Apache-2.0
#include "outbound/own_sender.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/mta_names.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::outbound {

namespace {

bool is_under_any(const mail::Domain& domain, const std::vector<std::string>& parents) {
    return std::ranges::any_of(parents,
                               [&](std::string_view parent) { return domain.is_under(parent); });
}

/// The parent domain of a host; empty when that would be a top-level domain.
std::string_view domain_of_host(std::string_view name) {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) {
        return {};
    }
    const std::string_view parent = name.substr(dot + 1);
    return parent.find('.') == std::string_view::npos ? std::string_view() : parent;
}

bool is_on_this_host(const Origin& origin) {
    return !origin.over_smtp || !origin.client.has_value() ||
           origin.client->scope() == mail::AddressScope::Loopback;
}

}  // namespace

bool is_own_sender(const mail::EnvelopeSender& sender,
                   const config::Settings& settings,
                   std::span<const std::string> own_names) {
    const auto* address = std::get_if<mail::Address>(&sender);
    if (address == nullptr) {
        return false;
    }
    const mail::Domain& domain = address->domain();
    const config::OutgoingSettings& outgoing = settings.outgoing;
    if (is_under_any(domain, outgoing.own_domains) ||
        is_under_any(domain, outgoing.local_domains) ||
        std::ranges::find(outgoing.sender_domains, domain.text()) !=
            outgoing.sender_domains.end()) {
        return true;
    }
    const mail::MtaNames& mta = settings.mta;
    if (core::equals_ignoring_case(domain.text(), mta.host_name) ||
        core::equals_ignoring_case(domain.text(), mta.origin) || mta.list_of(domain).has_value()) {
        return true;
    }
    return std::ranges::any_of(own_names, [&](std::string_view name) {
        return core::equals_ignoring_case(domain.text(), name) ||
               (mta.kind == mail::MtaKind::None &&
                core::equals_ignoring_case(domain.text(), domain_of_host(name)));
    });
}

bool came_in_before(const Origin& origin,
                    const Entry& entry,
                    const config::OutgoingSettings& outgoing) {
    const bool is_named = std::ranges::any_of(outgoing.daemons, [&](std::string_view name) {
        return core::equals_ignoring_case(name, origin.daemon);
    });
    return outgoing.reinjected == config::Reinjected::Inbound && origin.user.empty() && !is_named &&
           entry.from == Entry::From::Outside && (is_on_this_host(origin) || entry.by_us);
}

bool has_logged_in_before(const Origin& origin, const Entry& entry) {
    return is_on_this_host(origin) && entry.from == Entry::From::Own && entry.by_us && entry.login;
}

bool came_from_our_own(const Origin& origin, const Entry& entry) {
    if (!origin.user.empty()) {
        return true;
    }
    if (is_on_this_host(origin)) {
        return entry.from == Entry::From::Own && entry.by_us;
    }
    return entry.from != Entry::From::Outside || (entry.login && !entry.by_us);
}

}  // namespace holdback::outbound
