// SPDX-License-Identifier: Apache-2.0
#pragma once
// Look-ups of views in hashed containers of strings.

#include <cstddef>
#include <functional>
#include <string_view>

namespace holdback::core {

/// Hashes views and strings alike; `std::equal_to<>` compares them.
struct TextHash {
    using is_transparent = void;

    [[nodiscard]] std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

}  // namespace holdback::core
