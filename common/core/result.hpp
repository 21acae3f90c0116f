// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one way for a function to say "the world or the input said no".

#include <expected>

namespace holdback::core {

/// A value, or the reason why there is none. The type gives no warning when ignored, so every
/// function that returns one is `[[nodiscard]]`.
template <typename T, typename E>
using Result = std::expected<T, E>;

}  // namespace holdback::core
