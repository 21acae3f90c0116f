// SPDX-License-Identifier: Apache-2.0
#pragma once
// Patterns of addresses, as settings write them.

#include "mail/address.hpp"

#include <string_view>

namespace holdback::mail {

/// True when the pattern covers the address. A pattern is an address, a domain, or a domain with
/// all below it (".example.net"), in any letter case.
[[nodiscard]] bool pattern_covers(std::string_view pattern, const Address& address);

}  // namespace holdback::mail
