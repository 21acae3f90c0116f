// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells a message that is submitted again from another message.

#include "mail/header.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// The part of a fingerprint that the header gives. Fields that differ between two submissions of
/// one message do not count: trace fields, signatures of the own relay, what we write ourselves,
/// and a Message-ID and Date that the MTA itself made up for this submission (known by the queue id
/// in the Message-ID).
[[nodiscard]] std::string header_digest(const mail::HeaderList& headers, std::string_view queue_id);

/// Equal for two submissions of one message by one sender.
[[nodiscard]] std::string fingerprint(std::string_view header_digest, std::string_view body_digest);

/// What a message is known by between two passes of the same host: Message-ID, Date and From, which
/// content filters leave alone (unlike the subject, which they mark, and the body). White space
/// does not count.
[[nodiscard]] std::string identity_digest(const mail::HeaderList& headers);

/// The digests that the message may have had on an earlier pass: its own, and those without what
/// the MTA has added since for want of it.
[[nodiscard]] std::vector<std::string> earlier_identities(const mail::HeaderList& headers);

}  // namespace holdback::outbound
