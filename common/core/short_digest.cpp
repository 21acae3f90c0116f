// SPDX-License-Identifier: Apache-2.0
#include "core/short_digest.hpp"

#include "core/digest.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace holdback::core {

std::uint64_t short_digest(std::span<const std::string_view> pieces) {
    constexpr std::size_t kDigits = 16;
    constexpr int kHexadecimal = 16;
    const std::string digest = digest_hex(pieces);
    std::uint64_t number = 0;
    std::from_chars(digest.data(), digest.data() + kDigits, number, kHexadecimal);
    return number;
}

}  // namespace holdback::core
