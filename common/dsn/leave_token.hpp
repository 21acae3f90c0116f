// SPDX-License-Identifier: Apache-2.0
#pragma once
// The signed address in List-Unsubscribe. Only the recipient of a message has seen it, so a letter
// to it proves that it comes from that recipient.
//
//     leave+hbl-MAC[20]@example.org        hexadecimal, for systems that fold letter case
//
// The MAC covers the mailbox, and the recipient and the sender, which the letter's subject names.

#include "dsn/seal.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::dsn {

/// The value of a List-Unsubscribe field (RFC 2369 section 3.2) for one recipient of one sender:
/// "<mailto:leave+hbl-…@example.org?subject=leave%20bo@example.net%20news@example.org>". `mailbox`
/// is one of `[unsubscribe] addresses`. nullopt when an address is too long or not ASCII.
[[nodiscard]] std::optional<std::string> leave_field(std::string_view mailbox,
                                                     const mail::Address& recipient,
                                                     const mail::Address& sender,
                                                     const SealKey& key);

/// A recipient who leaves, and the sender whose mail they leave.
struct Leaving {
    std::string recipient;  ///< `Address::key()`
    std::string sender;     ///< `Address::key()`

    bool operator==(const Leaving&) const = default;
};

/// What a letter to `to` (as `Address::key()`) with this subject proves. nullopt when `to` has no
/// token, or its token does not fit the two addresses in the subject.
[[nodiscard]] std::optional<Leaving> proven_leaving(std::string_view to,
                                                    std::string_view subject,
                                                    const SealKeys& keys);

}  // namespace holdback::dsn
