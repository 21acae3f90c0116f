// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the keys of holdback.conf(5) are built from the forms of `config`.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "config/value_form.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/finding.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

using Fields = std::vector<SettingsField>;

/// The table and the name of a key: literals, which outlive every field.
struct FieldName {
    std::string_view table;
    std::string_view key;

    [[nodiscard]] std::string dotted() const;
};

/// Where a value lies in the settings. The fields of one type of value share their code, so it
/// holds plain functions. Made of a lambda that gives the member of both constant and changeable
/// settings.
template <typename T>
class Member {
public:
    template <typename Access>
    // NOLINTNEXTLINE(google-explicit-constructor,hicpp-explicit-conversions): read as the lambda
    Member(Access access) : in_(access), of_(access) {}

    [[nodiscard]] T& in(config::Settings& settings) const { return in_(settings); }
    [[nodiscard]] const T& of(const config::Settings& settings) const { return of_(settings); }

private:
    T& (*in_)(config::Settings&);
    const T& (*of_)(const config::Settings&);
};

/// The type of the value is the form's.
template <typename T>
using MemberOf = Member<std::type_identity_t<T>>;

/// The error for a value that does not fit.
[[nodiscard]] FileError wrong_value(const FieldName& name,
                                    std::string_view expects,
                                    const TomlValue& value);
/// The error for an entry of a list that does not fit.
[[nodiscard]] FileError wrong_entry(const FieldName& name,
                                    std::string_view expects,
                                    const TomlValue& entry);
/// The texts of entries as a TOML list.
[[nodiscard]] std::string toml_list(const std::vector<std::string>& texts);

// Fields by the kind of their values.

template <typename T>
void add_text(Fields& fields,
              const FieldName& name,
              const config::ValueForm<T>& form,
              MemberOf<T> member) {
    SettingsField& field =
        fields.emplace_back(std::string(name.table), std::string(name.key), form.expects);
    field.read = [name, member, form](const TomlValue& value,
                                      config::Settings& settings,
                                      std::vector<FileError>& errors) {
        const auto* const text = value.as_string();
        auto parsed = text == nullptr ? std::nullopt : form.parse(*text);
        if (parsed.has_value()) {
            member.in(settings) = std::move(*parsed);
        } else {
            errors.push_back(wrong_value(name, form.expects, value));
        }
    };
    field.write = [member, text = form.text](const config::Settings& settings) {
        return toml_quoted(text(member.of(settings)));
    };
}

template <typename T>
void add_list(Fields& fields,
              const FieldName& name,
              const config::ValueForm<T>& form,
              MemberOf<std::vector<T>> member) {
    SettingsField& field = fields.emplace_back(
        std::string(name.table), std::string(name.key), "a list, each entry " + form.expects);
    field.read = [name, member, form](const TomlValue& value,
                                      config::Settings& settings,
                                      std::vector<FileError>& errors) {
        const TomlArray* const entries = value.as_array();
        if (entries == nullptr) {
            errors.push_back(wrong_value(name, "a list, each entry " + form.expects, value));
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
                errors.push_back(wrong_entry(name, form.expects, entry));
            }
        }
        if (errors.size() == errors_before) {
            member.in(settings) = std::move(list);
        }
    };
    field.write = [member, text = form.text](const config::Settings& settings) {
        std::vector<std::string> texts;
        for (const T& entry : member.of(settings)) {
            texts.push_back(toml_quoted(text(entry)));
        }
        return toml_list(texts);
    };
}

/// The bounds of a number, both included.
struct Bounds {
    std::int64_t least;
    std::int64_t most;
};

void add_count(Fields& fields, const FieldName& name, Bounds bounds, Member<std::size_t> member);
void add_switch(Fields& fields, const FieldName& name, Member<bool> member);
/// The action for a finding in a policy table. Trouble in DNS never counts against a recipient, so
/// its key takes no other value than the default.
void add_action(Fields& fields,
                std::string_view table,
                terms::FindingName finding,
                Member<config::PolicyTable> member);

}  // namespace holdback::io::settings
