// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists of the administrator's: local parts that stand for roles, and domains of throw-away
// addresses.

#include "mail/address.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace holdback::outbound {

/// Hashes views and strings alike, so that a set of strings can be asked with a view.
struct TextHash {
    using is_transparent = void;

    [[nodiscard]] std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

/// What the files of `[policy] role_addresses` and `disposable_domains` say.
struct AddressLists {
    TextSet roles;       ///< local parts, in lower case
    TextSet disposable;  ///< canonical domains

    /// True when the local part, without what follows a "+" and without regard to ASCII case, is a
    /// role.
    [[nodiscard]] bool is_role(const mail::Address& address) const;
    /// True when the domain or one above it is on the list.
    [[nodiscard]] bool is_disposable(const mail::Address& address) const;
};

}  // namespace holdback::outbound
