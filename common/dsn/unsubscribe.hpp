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

/// The address of `addresses` to which the message came, as it was written but for letter case;
/// nullopt when it came to none. An address stands for those with a detail ("leave+17@…") as well.
[[nodiscard]] std::optional<std::string> unsubscribe_address(
    const mail::Envelope& envelope, const std::vector<std::string>& addresses);

/// A letter to such an address, and what speaks for it.
struct UnsubscribeRequest {
    Report report;  ///< of kind `Unsubscribe`, about whoever wants to be taken off
    /// True when who wants to be taken off is proven: by the signed address that our own
    /// List-Unsubscribe told him alone, or by our border, which authenticated the author.
    bool is_proven = false;
    /// Whose mail he wants no more: the sender that a signed address names, else the address that
    /// the letter came to, without a detail.
    std::string sender;
};

/// What a letter to such an address asks for. Without a signed address the writer asks for himself,
/// and has to be the envelope sender and the only address in From. nullopt for anything else, and
/// for what a program wrote (`read` is no ordinary letter and no request, or RFC 3834 says so).
[[nodiscard]] std::optional<UnsubscribeRequest> request_to_unsubscribe(
    const Report& read,
    const mail::Envelope& envelope,
    const mail::HeaderList& headers,
    const config::UnsubscribeSettings& settings,
    const SealKeys& keys);

}  // namespace holdback::dsn
