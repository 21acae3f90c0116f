// SPDX-License-Identifier: Apache-2.0
#include "flow/sender_key.hpp"

#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/folded_sender.hpp"

#include <string>

#include <fmt/format.h>

namespace holdback::flow {

std::string sender_key(const Submitting& who, const mail::Envelope& envelope) {
    const std::string sender = envelope.sender_text();
    return fmt::format("{} {}",
                       who.user,
                       envelope.recipients.size() == 1
                           ? mail::folded_sender(sender, envelope.recipients.front().as_given())
                           : mail::folded_sender(sender));
}

}  // namespace holdback::flow
