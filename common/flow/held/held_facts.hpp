// SPDX-License-Identifier: Apache-2.0
#pragma once
// A held item in the form of a recipient that is judged again.

#include "mail/envelope.hpp"
#include "terms/held.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::held {

/// The recipient of a held copy, with this address.
[[nodiscard]] mail::Recipient held_recipient(std::string_view address,
                                             const std::vector<std::string>& arguments);

[[nodiscard]] mail::EnvelopeSender held_sender(const terms::HeldMessage& message);

}  // namespace holdback::flow::held
