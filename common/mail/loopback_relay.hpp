// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deliveries that were handed to another program of this host over SMTP.

#include "mail/ip_address.hpp"
#include "mail/outcome.hpp"

#include <span>

namespace holdback::mail {

/// True when the relay has a loopback address.
[[nodiscard]] bool has_loopback_relay(const MtaOutcome& outcome);

/// True when it is within `handed_on` as well: a content filter, or another instance of the MTA.
/// What it says is not the word of the recipient's server, and may be our own.
[[nodiscard]] bool was_handed_on_here(const MtaOutcome& outcome,
                                      std::span<const Network> handed_on);

}  // namespace holdback::mail
