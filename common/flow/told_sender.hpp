// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether mail of ours may go to the sender of held mail, long after it was held.

#include "config/settings.hpp"
#include "flow/own_name.hpp"
#include "mail/header.hpp"
#include "mail/held.hpp"

namespace holdback::flow {

/// As `outbound::may_be_told`, by what is kept of the message.
[[nodiscard]] bool may_be_told(const mail::HeldMessage& message,
                               const mail::HeaderList& headers,
                               const config::Settings& settings,
                               const OwnName& own_name);

}  // namespace holdback::flow
