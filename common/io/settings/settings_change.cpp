// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_change.hpp"

#include "config/settings.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/settings_schema.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

std::vector<SettingInForce> settings_in_force(const SourcedSettings& sourced) {
    const config::Settings defaults;
    std::vector<SettingInForce> all;
    for (const SettingsField& field : settings_fields()) {
        const auto place = sourced.places.find(field.name());
        all.push_back(
            {.table = field.table,
             .key = field.key,
             .value = field.write(sourced.settings),
             .default_text = field.write(defaults),
             .place = place == sourced.places.end() ? std::nullopt : std::optional(place->second),
             .takes_effect = field.takes_effect});
    }
    return all;
}

std::vector<SettingChange> settings_changes(const config::Settings& before,
                                            const config::Settings& after) {
    std::vector<SettingChange> changes;
    for (const SettingsField& field : settings_fields()) {
        std::string old_text = field.write(before);
        std::string new_text = field.write(after);
        if (old_text != new_text) {
            changes.push_back({.name = field.table.empty()
                                           ? field.key
                                           : fmt::format("[{}] {}", field.table, field.key),
                               .before = std::move(old_text),
                               .after = std::move(new_text),
                               .takes_effect = field.takes_effect});
        }
    }
    return changes;
}

}  // namespace holdback::io::settings
