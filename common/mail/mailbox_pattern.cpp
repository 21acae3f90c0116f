// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox_pattern.hpp"

#include "core/text.hpp"
#include "mail/address.hpp"

#include <string_view>

namespace holdback::mail {

bool pattern_covers(std::string_view pattern, const Address& address) {
    if (pattern.find('@') != std::string_view::npos) {
        return core::equals_ignoring_case(pattern, address.key());
    }
    if (pattern.starts_with('.')) {
        return address.domain().is_under(pattern.substr(1));
    }
    return core::equals_ignoring_case(pattern, address.domain().text());
}

}  // namespace holdback::mail
