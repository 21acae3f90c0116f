// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digests that fit into a number.

#include <cstdint>
#include <span>
#include <string_view>

namespace holdback::core {

/// The first 64 bits of `digest_hex`, for use as a key. The chance that two among a million are
/// alike is one in forty million.
[[nodiscard]] std::uint64_t short_digest(std::span<const std::string_view> pieces);

}  // namespace holdback::core
