// SPDX-License-Identifier: Apache-2.0
#include "report/markup.hpp"

#include "core/safe_text.hpp"
#include "core/text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::report {

std::string markup_short(std::string_view text, std::size_t most_characters) {
    const std::string valid = core::to_valid_utf8(text);
    const std::vector<std::string_view> all = core::characters(valid);
    if (all.size() <= most_characters) {
        return core::html_safe(valid);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i + 1 < most_characters; ++i) {
        kept += all[i].size();
    }
    return core::html_safe(std::string_view(valid).substr(0, kept)) + "\xE2\x80\xA6";
}

std::string grouped(std::size_t number) {
    const std::string digits = fmt::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) {
            text += ',';
        }
        text += digits[i];
    }
    return text;
}

std::string percent_of(std::size_t part, std::size_t whole) {
    if (part == 0 || whole == 0) {
        return "0%";
    }
    const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    return share < 0.1 ? "<0.1%" : fmt::format("{:.1f}%", share);
}

}  // namespace holdback::report
