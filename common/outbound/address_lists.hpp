// SPDX-License-Identifier: Apache-2.0
#pragma once
// The administrator's lists: local parts that stand for roles, and domains of throw-away addresses.

#include "core/text_hash.hpp"
#include "mail/address.hpp"

#include <functional>
#include <string>
#include <unordered_set>

namespace holdback::outbound {

using TextSet = std::unordered_set<std::string, core::TextHash, std::equal_to<>>;

/// The contents of the files that `[policy] role_addresses` and `disposable_domains` name.
struct AddressLists {
    TextSet roles;       ///< local parts, in lower case
    TextSet disposable;  ///< canonical domains

    /// True when the local part is a role, in any letter case, with or without a "+" and what
    /// follows it.
    [[nodiscard]] bool is_role(const mail::Address& address) const;
    /// True when the domain or one above it is on the list; never for a literal.
    [[nodiscard]] bool is_disposable(const mail::Address& address) const;
};

}  // namespace holdback::outbound
