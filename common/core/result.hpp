// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one way in which a function says "the world or the input said no".

#include <expected>

namespace holdback::core {

/// A value, or the reason why there is none. The type does not warn when ignored, hence every
/// function that returns one is `[[nodiscard]]`.
template <typename T, typename E>
using Result = std::expected<T, E>;

}  // namespace holdback::core
