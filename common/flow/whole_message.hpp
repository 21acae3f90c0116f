// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message in the spool, as it is returned whole.

#include "mail/held.hpp"
#include "ports/spool.hpp"

#include <string>

namespace holdback::flow {

/// The octets of a held message; empty when they are more than a report should carry (1 MiB) or
/// can't be read: then its header has to do.
[[nodiscard]] std::string whole_message(ports::Spool& spool, const mail::HeldMessage& message);

}  // namespace holdback::flow
