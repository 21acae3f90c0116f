// SPDX-License-Identifier: Apache-2.0
#pragma once
// The List-Unsubscribe field that bulk mail gets from us, by which its recipient can prove who
// wants to be taken off.

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
/// it gets none. It gets one where `[unsubscribe] add` wants it, when the mail is bulk and leaves
/// to one recipient alone (all recipients of a message read the same header), when it has no such
/// field and when it is not signed yet (DKIM may cover the absence of the field).
[[nodiscard]] std::optional<std::string> unsubscribe_field(const PassingMessage& message,
                                                           const outbound::StreamDecision& stream,
                                                           std::span<const std::size_t> positions,
                                                           const dsn::SealKeys& keys);

}  // namespace holdback::flow::incoming
