// SPDX-License-Identifier: Apache-2.0
#include "io/settings/field_forms.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "config/value_form.hpp"
#include "core/text.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/finding.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

/// The value for a message: a string or a whole number itself, else its kind.
std::string shown(const TomlValue& value) {
    if (const auto* text = value.as_string(); text != nullptr) {
        return core::log_safe(*text);
    }
    if (const auto* number = value.as_integer(); number != nullptr) {
        return fmt::to_string(*number);
    }
    return std::string(value.kind());
}

}  // namespace

std::string FieldName::dotted() const {
    return table.empty() ? std::string(key) : fmt::format("{}.{}", table, key);
}

FileError wrong_value(const FieldName& name, std::string_view expects, const TomlValue& value) {
    return {value.place(),
            fmt::format("{} must be {}, not {}", name.dotted(), expects, shown(value))};
}

FileError wrong_entry(const FieldName& name, std::string_view expects, const TomlValue& entry) {
    return {entry.place(),
            fmt::format("{}: each entry must be {}, not {}", name.dotted(), expects, shown(entry))};
}

std::string toml_list(const std::vector<std::string>& texts) {
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

void add_count(Fields& fields, const FieldName& name, Bounds bounds, Member<std::size_t> member) {
    const std::string expects =
        fmt::format("a whole number from {} to {}", bounds.least, bounds.most);
    SettingsField& field =
        fields.emplace_back(std::string(name.table), std::string(name.key), expects);
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            const auto* const number = value.as_integer();
            if (number == nullptr || *number < bounds.least || *number > bounds.most) {
                errors.push_back(wrong_value(name, expects, value));
            } else {
                member.in(settings) = static_cast<std::size_t>(*number);
            }
        };
    field.write = [=](const config::Settings& settings) {
        return fmt::to_string(member.of(settings));
    };
}

void add_switch(Fields& fields, const FieldName& name, Member<bool> member) {
    SettingsField& field =
        fields.emplace_back(std::string(name.table), std::string(name.key), "true or false");
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            if (const auto* const on = value.as_boolean(); on != nullptr) {
                member.in(settings) = *on;
            } else {
                errors.push_back(wrong_value(name, "true or false", value));
            }
        };
    field.write = [=](const config::Settings& settings) {
        return fmt::to_string(member.of(settings));
    };
}

void add_action(Fields& fields,
                std::string_view table,
                terms::FindingName finding,
                Member<config::PolicyTable> member) {
    const FieldName name{table, wire_name(finding)};
    auto form = config::choice(std::array{config::PolicyAction::Pass,
                                          config::PolicyAction::Tag,
                                          config::PolicyAction::Hold,
                                          config::PolicyAction::Reject,
                                          config::PolicyAction::Defer});
    if (finding == terms::FindingName::UnresolvedDomain) {
        form = config::choice(std::array{config::PolicyAction::Pass});
        form.expects += " (trouble in DNS never counts against a recipient)";
    }
    SettingsField& field =
        fields.emplace_back(std::string(name.table), std::string(name.key), form.expects);
    field.read =
        [=](const TomlValue& value, config::Settings& settings, std::vector<FileError>& errors) {
            const auto* const text = value.as_string();
            const auto action = text == nullptr ? std::nullopt : form.parse(*text);
            if (action.has_value()) {
                member.in(settings).set(finding, *action);
            } else {
                errors.push_back(wrong_value(name, form.expects, value));
            }
        };
    field.write = [=](const config::Settings& settings) {
        return toml_quoted(form.text(member.of(settings)[finding]));
    };
}

}  // namespace holdback::io::settings
