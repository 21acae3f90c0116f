// SPDX-License-Identifier: Apache-2.0
#include "io/settings/toml_access.hpp"

#include "core/text.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io::settings {

void TableReader::wrong(const SourcePlace& place, std::string message) {
    errors_->push_back({place, std::move(message)});
}

const TomlValue* TableReader::find(std::string_view key) const {
    return find_key(*table_, key);
}

SourcePlace TableReader::place_of(std::string_view key) const {
    const TomlValue* value = find(key);
    return value == nullptr ? place_ : value->place();
}

void TableReader::allow_only(std::span<const std::string_view> keys) {
    for (const TomlEntry& entry : *table_) {
        if (std::ranges::find(keys, entry.key) == keys.end()) {
            wrong(entry.value.place(),
                  fmt::format("unknown key \"{}\"; allowed are {}",
                              core::printable(entry.key),
                              fmt::join(keys, ", ")));
        }
    }
}

const TomlValue* TableReader::need(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) {
        wrong(place_, fmt::format("\"{}\" is missing", key));
    }
    return value;
}

void TableReader::mismatch(std::string_view key, const TomlValue& value, std::string_view wanted) {
    wrong(value.place(), fmt::format("\"{}\" has to be {}, not {}", key, wanted, value.kind()));
}

std::string TableReader::text(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) {
        return {};
    }
    if (const std::string* held = value->as_string()) {
        return *held;
    }
    mismatch(key, *value, "a string");
    return {};
}

std::string TableReader::needed_text(std::string_view key) {
    const TomlValue* value = need(key);
    return value == nullptr ? std::string{} : text(key);
}

std::vector<std::string> TableReader::texts(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) {
        return {};
    }
    if (const std::string* held = value->as_string()) {
        return {*held};
    }
    const TomlArray* array = value->as_array();
    if (array == nullptr) {
        mismatch(key, *value, "a string or a list of strings");
        return {};
    }
    std::vector<std::string> found;
    for (const TomlValue& element : *array) {
        if (const std::string* held = element.as_string()) {
            found.push_back(*held);
        } else {
            mismatch(key, element, "a list of strings");
        }
    }
    return found;
}

std::optional<terms::FailureCode> TableReader::code_number(std::string_view key) {
    const TomlValue* value = find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::int64_t* number = value->as_integer();
    if (number == nullptr) {
        mismatch(key, *value, "a whole number");
        return std::nullopt;
    }
    const bool fits = *number >= 1000 && *number <= 9999;
    if (!fits) {
        wrong(value->place(), fmt::format("\"{}\" has to be 1000 to 9999", key));
        return std::nullopt;
    }
    return terms::FailureCode::from_number(static_cast<int>(*number));
}

void for_each_table(const TomlTable& root,
                    FileErrors& errors,
                    const std::vector<TableList>& lists) {
    std::string allowed;
    for (const TableList& list : lists) {
        allowed += fmt::format("{}[[{}]]", allowed.empty() ? "" : " and ", list.key);
    }
    const auto wrong = [&](const SourcePlace& place) {
        errors.push_back({place, fmt::format("only {} tables may stand here", allowed)});
    };
    for (const TomlEntry& entry : root) {
        const auto list = std::ranges::find(lists, entry.key, &TableList::key);
        const TomlArray* array = list == lists.end() ? nullptr : entry.value.as_array();
        if (array == nullptr) {
            wrong(entry.value.place());
            continue;
        }
        for (const TomlValue& element : *array) {
            if (const TomlTable* table = element.as_table()) {
                TableReader reader(*table, element.place(), errors);
                list->read(reader);
            } else {
                wrong(element.place());
            }
        }
    }
}

}  // namespace holdback::io::settings
