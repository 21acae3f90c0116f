// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recognizes a message that is submitted again.

#include "mail/header.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// The header's part of a fingerprint. Fields that differ between two submissions of one message do
/// not count: trace fields, signatures of our own relay, our own fields, and a Message-ID and Date
/// that the MTA made up for this submission (the Message-ID contains the queue id).
[[nodiscard]] std::string header_digest(const mail::HeaderList& headers, std::string_view queue_id);

/// Equal for two submissions of one message, whoever the envelope sender is.
[[nodiscard]] std::string fingerprint(std::string_view header_digest, std::string_view body_digest);

/// Identifies a message between two passes through this host, by Message-ID, Date and From. Content
/// filters leave these alone, unlike the subject, which they mark, and the body. White space does
/// not count.
[[nodiscard]] std::string identity_digest(const mail::HeaderList& headers);

/// The digests that the message may have had on an earlier pass: the present one, and those without
/// fields that the MTA may have added since.
[[nodiscard]] std::vector<std::string> earlier_identities(const mail::HeaderList& headers);

}  // namespace holdback::outbound
