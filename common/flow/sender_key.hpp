// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whose messages are counted together.

#include "flow/submitting.hpp"
#include "mail/envelope.hpp"

#include <string>

namespace holdback::flow {

/// Names a sender: the envelope sender as `mail::folded_sender` knows it again, and the login.
/// Within one login each sender is by itself, since a whole company may send through it; and who
/// writes somebody else's address into his envelope is not taken for him under another login.
[[nodiscard]] std::string sender_key(const Submitting& who, const mail::Envelope& envelope);

}  // namespace holdback::flow
