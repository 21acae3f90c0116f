// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells a message that is submitted again from another message.

#include "mail/header.hpp"

#include <string>
#include <string_view>

namespace holdback::outbound {

/// The part of a fingerprint that the header gives. Fields that differ between two submissions of
/// one message do not count: trace fields, signatures of the own relay, and a Message-ID and Date
/// that the MTA itself made up for this submission (known by the queue id in the Message-ID).
[[nodiscard]] std::string header_digest(const mail::HeaderList& headers, std::string_view queue_id);

/// Equal for two submissions of one message by one sender.
[[nodiscard]] std::string fingerprint(std::string_view header_digest, std::string_view body_digest);

}  // namespace holdback::outbound
