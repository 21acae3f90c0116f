// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_file.hpp"

#include "config/settings.hpp"
#include "core/near_name.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/settings_schema.hpp"
#include "io/settings/toml_document.hpp"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

std::string dotted(std::string_view table, std::string_view key) {
    return table.empty() ? std::string(key) : fmt::format("{}.{}", table, key);
}

/// "in [dns]", or "before the first table".
std::string shown_table(std::string_view table) {
    return table.empty() ? "before the first table" : fmt::format("in [{}]", table);
}

/// Takes documents over into settings one by one, and collects the errors.
class SettingsReader {
public:
    void read(const TomlTable& document) { read_table("", document); }
    void add(FileError error) { errors_.push_back(std::move(error)); }

    /// Adds the contradictions and gives the result.
    [[nodiscard]] UsableSettings finish(const std::string& file) {
        for (const config::Contradiction& contradiction : config::validate(settings_)) {
            const auto place = places_.find(contradiction.key);
            errors_.push_back({place == places_.end() ? SourcePlace{file, 0} : place->second,
                               fmt::format("{} {}", contradiction.key, contradiction.message)});
        }
        return {.read = {.settings = std::move(settings_), .places = std::move(places_)},
                .errors = std::move(errors_)};
    }

private:
    // Follows the tables of the schema, which are two deep.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_table(const std::string& name, const TomlTable& table) {
        for (const TomlEntry& entry : table) {
            const std::string full = dotted(name, entry.key);
            const auto field = std::ranges::find(
                fields_, full, [](const SettingsField& known) { return known.name(); });
            if (field != fields_.end()) {
                field->read(entry.value, settings_, errors_);
                places_.insert_or_assign(full, entry.value.place());
            } else if (!is_table(full)) {
                errors_.push_back({entry.value.place(), unknown_text(name, entry)});
            } else if (const TomlTable* inner = entry.value.as_table(); inner != nullptr) {
                read_table(full, *inner);
            } else {
                errors_.push_back(
                    {entry.value.place(),
                     fmt::format(
                         "{0} must be a table, written [{0}], not {1}", full, entry.value.kind())});
            }
        }
    }

    [[nodiscard]] bool is_table(std::string_view name) const {
        return std::ranges::any_of(fields_, [&](const SettingsField& field) {
            return field.table == name || field.table.starts_with(fmt::format("{}.", name));
        });
    }

    /// The names in a table: its keys, and the tables below it by their last names.
    [[nodiscard]] std::vector<std::string_view> names_in(std::string_view table) const {
        const std::string prefix = table.empty() ? "" : fmt::format("{}.", table);
        std::vector<std::string_view> names;
        for (const SettingsField& field : fields_) {
            std::string_view name = field.key;
            if (field.table != table) {
                if (!field.table.starts_with(prefix)) {
                    continue;
                }
                name = field.table;
                name.remove_prefix(prefix.size());
                name = name.substr(0, name.find('.'));
            }
            if (std::ranges::find(names, name) == names.end()) {
                names.push_back(name);
            }
        }
        return names;
    }

    [[nodiscard]] std::string unknown_text(const std::string& table, const TomlEntry& entry) const {
        const std::string_view what = entry.value.as_table() == nullptr ? "key" : "table";
        const std::string text =
            fmt::format("unknown {} {} {}", what, core::log_safe(entry.key), shown_table(table));
        const std::vector<std::string_view> names = names_in(table);
        if (const auto near = core::nearest_name(entry.key, names); near.has_value()) {
            return text + fmt::format("; did you mean \"{}\"?", *near);
        }
        const auto elsewhere = std::ranges::find(fields_, entry.key, &SettingsField::key);
        if (elsewhere != fields_.end()) {
            return text +
                   fmt::format("; \"{}\" stands {}", elsewhere->key, shown_table(elsewhere->table));
        }
        return text + fmt::format("; known here: {}", fmt::join(names, ", "));
    }

    std::vector<SettingsField> fields_ = settings_fields();
    config::Settings settings_;
    std::map<std::string, SourcePlace, std::less<>> places_;
    SettingsErrors errors_;
};

/// The drop-ins of a settings file in the order of their names.
std::vector<std::string> drop_ins(const std::string& path, SettingsReader& reader) {
    namespace fs = std::filesystem;
    const fs::path directory(path + ".d");
    std::error_code error;
    std::vector<std::string> files;
    fs::directory_iterator entries(directory, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const std::string name = entries->path().filename().string();
        if (name.ends_with(".conf") && !name.starts_with('.')) {
            files.push_back(entries->path().string());
        }
    }
    const bool absent =
        error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
    if (error && !absent) {
        reader.add({{directory.string(), 0}, fmt::format("cannot read: {}", error.message())});
    }
    std::ranges::sort(files);
    return files;
}

void read_one(const core::Result<TomlTable, FileError>& document, SettingsReader& reader) {
    if (document.has_value()) {
        reader.read(*document);
    } else {
        reader.add(document.error());
    }
}

}  // namespace

std::string default_settings_path() {
    return HOLDBACK_CONF_DIR "/holdback.conf";
}

UsableSettings load_usable_settings(const std::string& path) {
    std::error_code error;
    SettingsReader reader;
    if (!std::filesystem::exists(path, error) && !error) {
        reader.add({{path, 0},
                    "no such file; every setting has a default, so an empty file (or /dev/null) "
                    "will do"});
        return reader.finish(path);
    }
    read_one(read_toml_file(path), reader);
    for (const std::string& file : drop_ins(path, reader)) {
        read_one(read_toml_file(file), reader);
    }
    return reader.finish(path);
}

core::Result<SourcedSettings, SettingsErrors> load_sourced_settings(const std::string& path) {
    UsableSettings usable = load_usable_settings(path);
    if (!usable.errors.empty()) {
        return std::unexpected(std::move(usable.errors));
    }
    return std::move(usable.read);
}

core::Result<config::Settings, SettingsErrors> load_settings(const std::string& path) {
    auto sourced = load_sourced_settings(path);
    if (!sourced.has_value()) {
        return std::unexpected(std::move(sourced.error()));
    }
    return std::move(sourced->settings);
}

core::Result<config::Settings, SettingsErrors> load_settings_text(std::string_view text,
                                                                  std::string_view name) {
    SettingsReader reader;
    read_one(read_toml_text(text, name), reader);
    UsableSettings usable = reader.finish(std::string(name));
    if (!usable.errors.empty()) {
        return std::unexpected(std::move(usable.errors));
    }
    return std::move(usable.read.settings);
}

std::vector<SettingsKey> known_keys() {
    const config::Settings defaults;
    std::vector<SettingsKey> keys;
    for (const SettingsField& field : settings_fields()) {
        keys.push_back({field.table, field.key, field.write(defaults), field.expects});
    }
    return keys;
}

std::string settings_text(const config::Settings& settings) {
    std::string text;
    std::string table;
    for (const SettingsField& field : settings_fields()) {
        if (field.table != table) {
            table = field.table;
            text += fmt::format("\n[{}]\n", table);
        }
        text += fmt::format("{} = {}\n", field.key, field.write(settings));
    }
    return text;
}

}  // namespace holdback::io::settings
