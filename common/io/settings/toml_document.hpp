// SPDX-License-Identifier: Apache-2.0
#pragma once
// A TOML file as a plain tree in which every value knows its line. Settings, codes and rules are
// read from it. Only the source file of this module includes toml++.

#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::io::settings {

/// The place of something in a file, for messages of the form "file:line: text".
struct SourcePlace {
    std::string file;
    int line = 0;

    bool operator==(const SourcePlace&) const = default;
};

/// An error in a file that an administrator wrote.
struct FileError {
    SourcePlace place;
    std::string message;

    /// "file:line: message", or "file: message" when there is no line.
    [[nodiscard]] std::string text() const;
};

struct TomlValue;
struct TomlEntry;
using TomlArray = std::vector<TomlValue>;
/// Keys in the order of the file.
using TomlTable = std::vector<TomlEntry>;

/// One value; dates and times are kept as their text.
struct TomlValue {
    std::variant<std::string,
                 std::int64_t,
                 double,
                 bool,
                 std::unique_ptr<TomlArray>,
                 std::unique_ptr<TomlTable>>
        value;
    std::shared_ptr<const std::string> file;  ///< its name, which all values of a file share
    int line = 0;

    [[nodiscard]] SourcePlace place() const {
        return {file == nullptr ? std::string() : *file, line};
    }

    [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value); }
    [[nodiscard]] const std::int64_t* as_integer() const {
        return std::get_if<std::int64_t>(&value);
    }
    [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&value); }
    [[nodiscard]] const TomlArray* as_array() const {
        const auto* held = std::get_if<std::unique_ptr<TomlArray>>(&value);
        return held == nullptr ? nullptr : held->get();
    }
    [[nodiscard]] const TomlTable* as_table() const {
        const auto* held = std::get_if<std::unique_ptr<TomlTable>>(&value);
        return held == nullptr ? nullptr : held->get();
    }
    /// "a string", "a whole number", …: for error messages.
    [[nodiscard]] std::string_view kind() const;
};

struct TomlEntry {
    std::string key;
    TomlValue value;
};

/// Reads a file. The error: it cannot be read, or is no TOML.
[[nodiscard]] core::Result<TomlTable, FileError> read_toml_file(const std::string& path);
/// The octets of such a file, unchanged.
[[nodiscard]] core::Result<std::string, FileError> read_toml_octets(const std::string& path);

/// Reads a text; `name` stands for the file in messages.
[[nodiscard]] core::Result<TomlTable, FileError> read_toml_text(std::string_view text,
                                                                std::string_view name);

/// The value of a key; nullptr when it is absent.
[[nodiscard]] const TomlValue* find_key(const TomlTable& table, std::string_view key);

}  // namespace holdback::io::settings
