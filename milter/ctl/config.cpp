// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/config.hpp"

#include "core/safe_text.hpp"
#include "io/settings/settings_change.hpp"
#include "io/settings/settings_field.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/sources.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// The column of the comments, unless a value is longer.
constexpr std::size_t kMostMargin = 44;

std::string place_text(const io::settings::SettingInForce& key) {
    return key.place.has_value() ? fmt::format("{}:{}", key.place->file, key.place->line)
                                 : "default";
}

Json as_json(const io::settings::SettingInForce& key) {
    return {{"table", text_or_null(key.table)},
            {"key", key.key},
            {"value", Json::parse(key.value)},
            {"default", Json::parse(key.default_text)},
            {"changed", !key.is_default()},
            {"file", key.place.has_value() ? Json(key.place->file) : Json(nullptr)},
            {"line", key.place.has_value() ? Json(key.place->line) : Json(nullptr)},
            {"needs_restart", key.takes_effect == io::settings::TakesEffect::AtNextStart}};
}

}  // namespace

CommandResult config_show(const CommandContext& context, ConfigKeys keys) {
    const auto sourced = load_tool_settings_sourced(context);
    if (!sourced.has_value()) {
        return std::unexpected(sourced.error());
    }
    std::vector<io::settings::SettingInForce> shown = io::settings::settings_in_force(*sourced);
    if (keys == ConfigKeys::Changed) {
        std::erase_if(shown,
                      [](const io::settings::SettingInForce& key) { return key.is_default(); });
    }
    std::size_t margin = 0;
    for (const io::settings::SettingInForce& key : shown) {
        margin = std::max(margin, std::min(key.key.size() + key.value.size() + 3, kMostMargin));
    }
    std::string table;
    for (const io::settings::SettingInForce& key : shown) {
        if (context.json()) {
            write_json(context.out, as_json(key));
            continue;
        }
        if (key.table != table) {
            table = key.table;
            context.out << fmt::format("{}[{}]\n", &key == &shown.front() ? "" : "\n", table);
        }
        const std::string text = core::one_line(fmt::format("{} = {}", key.key, key.value));
        context.out << fmt::format("{:<{}}  # {}\n", text, margin, core::one_line(place_text(key)));
    }
    if (shown.empty()) {
        context.err << "holdbackctl: every key has its default\n";
    }
    return Exit::Done;
}

}  // namespace holdback::milter::ctl
