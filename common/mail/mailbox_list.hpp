// SPDX-License-Identifier: Apache-2.0
#pragma once
// The mailboxes that a header field such as From or Reply-To names.

#include "mail/address.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace holdback::mail {

struct MailboxList {
    std::vector<Address> mailboxes;
    /// False when something in the list is not a mailbox, or when there are more than
    /// `kMostMailboxes`.
    bool is_valid = true;
};

inline constexpr std::size_t kMostMailboxes = 100;

/// Reads the unfolded value of an address field (RFC 5322 section 3.4): mailboxes with and without
/// display names, groups, comments. Obsolete routes are dropped. An empty list is valid.
[[nodiscard]] MailboxList parse_mailbox_list(std::string_view value);

}  // namespace holdback::mail
