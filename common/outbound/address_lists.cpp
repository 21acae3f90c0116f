// SPDX-License-Identifier: Apache-2.0
#include "outbound/address_lists.hpp"

#include "core/text.hpp"
#include "mail/address.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::outbound {

bool AddressLists::is_role(const mail::Address& address) const {
    if (roles.empty()) {
        return false;
    }
    const std::string local = core::to_lower(address.local_part());
    const std::string_view whole = local;
    return roles.contains(whole) || roles.contains(whole.substr(0, whole.find('+')));
}

bool AddressLists::is_disposable(const mail::Address& address) const {
    if (disposable.empty() || address.domain().is_literal()) {
        return false;
    }
    std::string_view name = address.domain().text();
    while (true) {
        if (disposable.contains(name)) {
            return true;
        }
        const std::size_t dot = name.find('.');
        if (dot == std::string_view::npos) {
            return false;
        }
        name.remove_prefix(dot + 1);
    }
}

}  // namespace holdback::outbound
