// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/line.hpp"

#include "core/text.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/options.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

std::optional<std::int64_t> parse_item(std::string_view text) {
    const auto number = core::parse_decimal(text);
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return number.has_value() && *number <= kMost
               ? std::optional(static_cast<std::int64_t>(*number))
               : std::nullopt;
}

}  // namespace

void add_plain(CommandLine& line,
               CLI::App& parent,
               const std::string& name,
               const std::string& description,
               CommandResult (*command)(const CommandContext&)) {
    when_given(add_command(parent, name, description), [&line, command] { line.run = command; });
}

std::vector<std::int64_t> parse_items(const std::vector<std::string>& words) {
    std::vector<std::int64_t> items;
    for (const std::string& word : words) {
        const auto item = parse_item(word);
        if (!item.has_value()) {
            wrong_usage(fmt::format("{} is not the number of an item", core::in_quotes(word)));
        }
        items.push_back(*item);
    }
    return items;
}

}  // namespace holdback::milter::ctl
