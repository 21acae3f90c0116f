// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message in the spool, as it is returned whole.

#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <string>

namespace holdback::flow {

/// What a report should carry at most, in octets; and one that is the last place of a message.
inline constexpr std::size_t kMostReturned = std::size_t{1} << 20U;
inline constexpr std::size_t kMostHandedOver = std::size_t{16} << 20U;

/// The octets of a held message; empty when they are more than `most` or can't be read: then its
/// header has to do.
[[nodiscard]] std::string whole_message(ports::Spool& spool,
                                        const terms::HeldMessage& message,
                                        std::size_t most = kMostReturned);

}  // namespace holdback::flow
