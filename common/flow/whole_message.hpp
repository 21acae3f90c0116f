// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message in the spool, to be returned whole.

#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <string>

namespace holdback::flow {

/// The most octets of a message that a report returns whole.
inline constexpr std::size_t kMostReturned = std::size_t{1} << 20U;
/// The same for a report that is the last place where the message is.
inline constexpr std::size_t kMostHandedOver = std::size_t{16} << 20U;

/// The octets of a held message. Empty when they are more than `most` or can't be read; a report
/// then has the header alone.
[[nodiscard]] std::string whole_message(ports::Spool& spool,
                                        const terms::HeldMessage& message,
                                        std::size_t most = kMostReturned);

}  // namespace holdback::flow
