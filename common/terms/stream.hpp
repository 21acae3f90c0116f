// SPDX-License-Identifier: Apache-2.0
#pragma once
// The two kinds of mail; each has its own policy.

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::terms {

enum class Stream : std::uint8_t { Direct, Bulk };

[[nodiscard]] std::string_view wire_name(Stream stream);
[[nodiscard]] std::optional<Stream> parse_stream(std::string_view name);

}  // namespace holdback::terms
