// SPDX-License-Identifier: Apache-2.0
#pragma once
// One key of holdback.conf(5), and how keys are built from the forms of `config`.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "config/value_form.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/finding.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

/// When a changed value takes effect.
enum class TakesEffect : std::uint8_t { AtReload, AtNextStart };

struct SettingsField {
    std::string table;    ///< "policy.bulk"; "" for keys before the first table
    std::string key;      ///< "null-mx"
    std::string expects;  ///< what a value must be: "a duration from 1s to 1h, such as \"2s\""
    /// Takes over the value. If it is wrong, adds an error for each mistake and leaves the settings
    /// as they were.
    std::function<void(const TomlValue&, config::Settings&, std::vector<FileError>&)> read;
    /// Gives the value in force as TOML.
    std::function<std::string(const config::Settings&)> write;
    TakesEffect takes_effect = TakesEffect::AtReload;

    /// "policy.bulk.null-mx"
    [[nodiscard]] std::string name() const { return table.empty() ? key : table + "." + key; }
};

/// A string as a TOML basic string.
[[nodiscard]] std::string toml_quoted(std::string_view text);

/// The table and the name of a key.
struct FieldName {
    std::string table;
    std::string key;

    [[nodiscard]] std::string dotted() const { return table.empty() ? key : table + "." + key; }
};

/// The error for a value that does not fit.
[[nodiscard]] FileError wrong_value(const FieldName& name,
                                    std::string_view expects,
                                    const TomlValue& value);
/// The value for a message: a string or a whole number itself, else its kind.
[[nodiscard]] std::string shown(const TomlValue& value);

// Fields by the kind of their values. `access` gives the member of both constant and changeable
// settings.

template <typename Access, typename T>
SettingsField text_field(const FieldName& name, Access access, const config::ValueForm<T>& form) {
    SettingsField field{
        .table = name.table, .key = name.key, .expects = form.expects, .read = {}, .write = {}};
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            const auto* const text = value.as_string();
            auto parsed = text == nullptr ? std::nullopt : form.parse(*text);
            if (parsed.has_value()) {
                access(settings) = std::move(*parsed);
            } else {
                errors.push_back(wrong_value(name, form.expects, value));
            }
        };
    field.write = [=](const config::Settings& settings) {
        return toml_quoted(form.text(access(settings)));
    };
    return field;
}

template <typename Access, typename T>
SettingsField list_field(const FieldName& name, Access access, const config::ValueForm<T>& form) {
    const std::string expects = fmt::format("a list, each entry {}", form.expects);
    SettingsField field{
        .table = name.table, .key = name.key, .expects = expects, .read = {}, .write = {}};
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            const TomlArray* const entries = value.as_array();
            if (entries == nullptr) {
                errors.push_back(wrong_value(name, expects, value));
                return;
            }
            const std::size_t errors_before = errors.size();
            std::vector<T> list;
            for (const TomlValue& entry : *entries) {
                const auto* const text = entry.as_string();
                auto parsed = text == nullptr ? std::nullopt : form.parse(*text);
                if (parsed.has_value()) {
                    list.push_back(std::move(*parsed));
                } else {
                    errors.push_back({entry.place(),
                                      fmt::format("{}: each entry must be {}, not {}",
                                                  name.dotted(),
                                                  form.expects,
                                                  shown(entry))});
                }
            }
            if (errors.size() == errors_before) {
                access(settings) = std::move(list);
            }
        };
    field.write = [=](const config::Settings& settings) {
        std::vector<std::string> texts;
        for (const T& entry : access(settings)) {
            texts.push_back(toml_quoted(form.text(entry)));
        }
        return fmt::format("[{}]", fmt::join(texts, ", "));
    };
    return field;
}

/// The bounds of a number, both included.
struct Bounds {
    std::int64_t least;
    std::int64_t most;
};

template <typename Access>
SettingsField count_field(const FieldName& name, Access access, Bounds bounds) {
    const std::string expects =
        fmt::format("a whole number from {} to {}", bounds.least, bounds.most);
    SettingsField field{
        .table = name.table, .key = name.key, .expects = expects, .read = {}, .write = {}};
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            const auto* const number = value.as_integer();
            if (number == nullptr || *number < bounds.least || *number > bounds.most) {
                errors.push_back(wrong_value(name, expects, value));
            } else {
                access(settings) = static_cast<std::size_t>(*number);
            }
        };
    field.write = [=](const config::Settings& settings) {
        return fmt::to_string(access(settings));
    };
    return field;
}

template <typename Access>
SettingsField switch_field(const FieldName& name, Access access) {
    SettingsField field{
        .table = name.table, .key = name.key, .expects = "true or false", .read = {}, .write = {}};
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            if (const auto* const on = value.as_boolean(); on != nullptr) {
                access(settings) = *on;
            } else {
                errors.push_back(wrong_value(name, "true or false", value));
            }
        };
    field.write = [=](const config::Settings& settings) {
        return fmt::to_string(access(settings));
    };
    return field;
}

/// The action for a finding in a policy table. Trouble in DNS never counts against a recipient, so
/// its key takes no other value than the default.
template <typename Access>
SettingsField action_field(const std::string& table, terms::FindingName finding, Access access) {
    const FieldName name{table, std::string(wire_name(finding))};
    auto form = config::choice(std::array{config::PolicyAction::Pass,
                                          config::PolicyAction::Tag,
                                          config::PolicyAction::Hold,
                                          config::PolicyAction::Reject,
                                          config::PolicyAction::Defer});
    if (finding == terms::FindingName::UnresolvedDomain) {
        form = config::choice(std::array{config::PolicyAction::Pass});
        form.expects += " (trouble in DNS never counts against a recipient)";
    }
    SettingsField field{
        .table = name.table, .key = name.key, .expects = form.expects, .read = {}, .write = {}};
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            const auto* const text = value.as_string();
            const auto action = text == nullptr ? std::nullopt : form.parse(*text);
            if (action.has_value()) {
                access(settings).set(finding, *action);
            } else {
                errors.push_back(wrong_value(name, form.expects, value));
            }
        };
    field.write = [=](const config::Settings& settings) {
        return toml_quoted(form.text(access(settings)[finding]));
    };
    return field;
}

}  // namespace holdback::io::settings
