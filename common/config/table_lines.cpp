// SPDX-License-Identifier: Apache-2.0
#include "config/table_lines.hpp"

#include "core/text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

std::vector<TableLine> table_lines(std::string_view text) {
    std::vector<TableLine> lines;
    int number = 0;
    for (std::string_view line : core::split(text, '\n')) {
        ++number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        const std::string_view content = core::trim(line);
        if (content.empty() || content.starts_with('#')) {
            continue;
        }
        if (core::is_ascii_space(line.front()) && !lines.empty()) {
            lines.back().text.append(" ").append(content);
        } else {
            lines.push_back({.line = number, .text = std::string(content)});
        }
    }
    return lines;
}

}  // namespace holdback::config
