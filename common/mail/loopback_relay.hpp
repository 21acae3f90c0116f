// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deliveries to another program of this host over SMTP.

#include "mail/ip_address.hpp"
#include "mail/outcome.hpp"

#include <span>

namespace holdback::mail {

/// True when the relay has a loopback address.
[[nodiscard]] bool has_loopback_relay(const MtaOutcome& outcome);

/// True when that address is also in `handed_on`: a content filter, or another instance of the MTA.
/// Its reply is not that of the recipient's server, and may be our own.
[[nodiscard]] bool was_handed_on_here(const MtaOutcome& outcome,
                                      std::span<const Network> handed_on);

}  // namespace holdback::mail
