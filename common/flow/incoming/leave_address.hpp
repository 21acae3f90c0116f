// SPDX-License-Identifier: Apache-2.0
#pragma once
// The List-Unsubscribe field that we add to bulk mail. With it the recipient can prove who wants to
// be taken off.

#include "dsn/seal.hpp"
#include "flow/passing_message.hpp"
#include "outbound/bulk.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdback::flow::incoming {

inline constexpr std::string_view kUnsubscribeField = "List-Unsubscribe";

/// The value of the field for a message that leaves to the recipients at these positions; nullopt:
/// no field is added. It is added if `[unsubscribe] add` is set, and the mail is bulk, leaves to
/// one recipient only (all recipients of a message read the same header), has no such field, and is
/// not signed yet (DKIM may cover the absence of the field).
[[nodiscard]] std::optional<std::string> unsubscribe_field(const PassingMessage& message,
                                                           const outbound::StreamDecision& stream,
                                                           std::span<const std::size_t> positions,
                                                           const dsn::SealKeys& keys);

}  // namespace holdback::flow::incoming
