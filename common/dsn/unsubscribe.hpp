// SPDX-License-Identifier: Apache-2.0
#pragma once
// Letters to the addresses for unsubscribing (List-Unsubscribe with mailto, RFC 2369 section 3.2).

#include "config/settings.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdback::dsn {

/// The recipient of the message that is one of `addresses`, as written but for letter case; nullopt
/// when there is none. An address also stands for those with a detail ("leave+17@…").
[[nodiscard]] std::optional<std::string> unsubscribe_address(
    const mail::Envelope& envelope, const std::vector<std::string>& addresses);

/// A letter to such an address, and its proof.
struct UnsubscribeRequest {
    Report report;  ///< of kind `Unsubscribe`, about the person to be taken off
    /// True when that person is proven: by the signed address, which our List-Unsubscribe told
    /// nobody else, or by our border, which authenticated the author.
    bool is_proven = false;
    /// The sender whose mail is no longer wanted: the one that a signed address names, otherwise
    /// the address that the letter came to, without a detail.
    std::string sender;
};

/// What a letter to such an address asks for. Without a signed address the writers ask for
/// themselves: they must be the envelope sender and the only address in From. nullopt for anything
/// else, and for letters by programs (`read` is neither an ordinary letter nor a request, or RFC
/// 3834 says so).
[[nodiscard]] std::optional<UnsubscribeRequest> request_to_unsubscribe(
    const Report& read,
    const mail::Envelope& envelope,
    const mail::HeaderList& headers,
    const config::UnsubscribeSettings& settings,
    const SealKeys& keys);

}  // namespace holdback::dsn
