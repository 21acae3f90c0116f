// SPDX-License-Identifier: Apache-2.0
#include "letters/notice_token.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "terms/own_marks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::letters {

namespace {

constexpr std::string_view kMark = terms::kNoticeTokenMark;
// The purpose of the MAC comes first, so that no other MAC can pass for a token.
constexpr std::string_view kLabel = "holdback notice\n";
constexpr std::size_t kMacDigits = 20;
constexpr std::size_t kDigits = kNoticeIdDigits + kMacDigits;

}  // namespace

std::string notice_token(std::string_view notice_id,
                         std::string_view sender,
                         const core::SecretKey& key) {
    const std::string signed_text =
        fmt::format("{}{}\n{}", kLabel, notice_id, core::to_lower(sender));
    return fmt::format("{}{}{}",
                       kMark,
                       notice_id,
                       core::to_hex(core::hmac_sha256(key, signed_text)).substr(0, kMacDigits));
}

std::optional<std::string> find_notice_token(std::string_view text) {
    const std::string lower = core::to_lower(text);
    for (std::size_t at = lower.find(kMark); at != std::string::npos;
         at = lower.find(kMark, at + 1)) {
        const std::string_view digits =
            std::string_view(lower).substr(at + kMark.size()).substr(0, kDigits);
        if (digits.size() == kDigits && std::ranges::all_of(digits, core::is_lower_hex)) {
            return lower.substr(at, kMark.size() + kDigits);
        }
    }
    return std::nullopt;
}

std::string named_notice(std::string_view token) {
    return std::string(token.substr(kMark.size(), kNoticeIdDigits));
}

bool is_token_of(std::string_view token,
                 std::string_view sender,
                 std::span<const core::SecretKey> keys) {
    const std::vector<std::uint8_t> claimed(token.begin(), token.end());
    return std::ranges::any_of(keys, [&](const core::SecretKey& key) {
        const std::string made = notice_token(named_notice(token), sender, key);
        return core::same_octets(claimed, std::vector<std::uint8_t>(made.begin(), made.end()));
    });
}

}  // namespace holdback::letters
