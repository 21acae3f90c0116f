// SPDX-License-Identifier: Apache-2.0
#pragma once
// The name under which a sender's messages are counted.

#include "flow/submitting.hpp"
#include "mail/envelope.hpp"

#include <string>

namespace holdback::flow {

/// Names a sender by login and envelope sender, the latter as `mail::folded_sender` folds it.
/// Senders of one login are apart, since a whole company may send through it. A sender who puts
/// somebody else's address into the envelope under another login is not taken for them.
[[nodiscard]] std::string sender_key(const Submitting& who, const mail::Envelope& envelope);

}  // namespace holdback::flow
