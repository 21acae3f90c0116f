// SPDX-License-Identifier: Apache-2.0
#pragma once
// The signed address by which a letter proves that it comes from who got a message: the message
// bears it in List-Unsubscribe, and only its recipient has seen it.
//
//     leave+hbl-MAC[20]@example.org        hexadecimal, for systems that fold letter case
//
// The MAC covers the mailbox, the recipient and the sender, whom the subject of the letter names.

#include "dsn/seal.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::dsn {

/// The value of a List-Unsubscribe field (RFC 2369 section 3.2) for one recipient of one sender:
/// "<mailto:leave+hbl-…@example.org?subject=leave%20bo@example.net%20news@example.org>".
/// `mailbox` is one of `[unsubscribe] addresses`. nullopt when an address is too long for it, or
/// not ASCII.
[[nodiscard]] std::optional<std::string> leave_field(std::string_view mailbox,
                                                     const mail::Address& recipient,
                                                     const mail::Address& sender,
                                                     const SealKey& key);

/// Who leaves whose mail.
struct Leaving {
    std::string recipient;  ///< `Address::key()`
    std::string sender;     ///< `Address::key()`

    bool operator==(const Leaving&) const = default;
};

/// What a letter proves that came to `to`, as `Address::key()`, with this subject. nullopt: the
/// address has no token, or it is not that of the two addresses that the subject names.
[[nodiscard]] std::optional<Leaving> proven_leaving(std::string_view to,
                                                    std::string_view subject,
                                                    const SealKeys& keys);

}  // namespace holdback::dsn
