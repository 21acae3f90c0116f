// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads files that are lists of tables, such as `[[code]]` and `[[rule]]`, and collects every
// mistake with its place.

#include "core/text.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/failure_code.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

/// All mistakes in the files, in their order, so that they can be mended in one go.
using FileErrors = std::vector<FileError>;

/// Reads one table: gives its values and notes what is wrong with them. Must not outlive the table
/// and the list of errors.
class TableReader {
public:
    TableReader(const TomlTable& table, SourcePlace place, FileErrors& errors)
        : table_(&table), place_(std::move(place)), errors_(&errors) {}

    void wrong(const SourcePlace& place, std::string message);
    void mismatch(std::string_view key, const TomlValue& value, std::string_view wanted);
    void allow_only(std::span<const std::string_view> keys);

    [[nodiscard]] const SourcePlace& place() const { return place_; }
    /// The place of a key, or of the table when the key is absent.
    [[nodiscard]] SourcePlace place_of(std::string_view key) const;

    [[nodiscard]] const TomlValue* find(std::string_view key) const;
    /// The value of a required key; when it is absent, adds an error and gives nullptr.
    [[nodiscard]] const TomlValue* need(std::string_view key);
    /// A string; empty when the key is absent.
    [[nodiscard]] std::string text(std::string_view key);
    [[nodiscard]] std::string needed_text(std::string_view key);
    /// A string or a list of strings.
    [[nodiscard]] std::vector<std::string> texts(std::string_view key);
    /// A code by its number; another type or range is an error.
    [[nodiscard]] std::optional<terms::FailureCode> code_number(std::string_view key);

    /// A wire name of an enumeration; `parse` reads it, `allowed` lists the names.
    template <typename Enum, typename Parse>
    [[nodiscard]] std::optional<Enum> name(std::string_view key,
                                           Parse parse,
                                           std::string_view allowed) {
        const TomlValue* value = find(key);
        const std::string text_of_key = text(key);
        if (value == nullptr || value->as_string() == nullptr) {
            return std::nullopt;
        }
        const std::optional<Enum> parsed = parse(text_of_key);
        if (!parsed.has_value()) {
            wrong(value->place(), fmt::format("\"{}\" has to be one of {}", key, allowed));
        }
        return parsed;
    }

private:
    const TomlTable* table_;
    SourcePlace place_;
    FileErrors* errors_;
};

/// A list of tables: its key, and the function that reads each table.
struct TableList {
    std::string_view key;
    std::function<void(TableReader&)> read;
};

/// Calls `read` for each table of these lists. Anything else in the file is an error.
void for_each_table(const TomlTable& root, FileErrors& errors, const std::vector<TableList>& lists);

}  // namespace holdback::io::settings
