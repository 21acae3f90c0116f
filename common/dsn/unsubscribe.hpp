// SPDX-License-Identifier: Apache-2.0
#pragma once
// Letters to the addresses for unsubscribing (List-Unsubscribe with mailto, RFC 2369 section 3.2).

#include "dsn/report.hpp"
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

/// What a letter to such an address asks for: that its writer be taken off. The writer has to be
/// the envelope sender and the only address in From; nullopt for anything else, and for what a
/// program wrote (`read` is no ordinary letter and no request, or RFC 3834 says so).
[[nodiscard]] std::optional<Report> request_to_unsubscribe(const Report& read,
                                                           const mail::Envelope& envelope,
                                                           const mail::HeaderList& headers);

}  // namespace holdback::dsn
