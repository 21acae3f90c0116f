// SPDX-License-Identifier: Apache-2.0
#include "core/near_name.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::core {

namespace {

/// A longer text is not a misspelled name, and would make the table large.
constexpr std::size_t kLongestName = 64;

}  // namespace

std::size_t typing_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1, i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last = std::exchange(last, std::move(row));
    }
    return last.back();
}

std::optional<std::string_view> nearest_name(std::string_view text,
                                             std::span<const std::string_view> names) {
    if (text.size() > kLongestName) {
        return std::nullopt;
    }
    std::optional<std::string_view> nearest;
    std::size_t least = std::min<std::size_t>(2, text.size() / 3) + 1;
    for (const std::string_view name : names) {
        const std::size_t distance = typing_distance(text, name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

}  // namespace holdback::core
