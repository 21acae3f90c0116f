// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts as text: one line "key=value" per known fact. An absent key was not recorded. A reader
// ignores unknown keys, so that old and new programs can read each other's records.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::replay {

/// Collects facts. Keys are ours: letters, digits, dots, hyphens.
class FactWriter {
public:
    /// Leaves out an empty value. Values may hold any octets.
    void put(std::string_view key, std::string_view value);
    void put_number(std::string_view key, std::uint64_t value);
    /// Writes only true flags.
    void put_flag(std::string_view key, bool value);

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

/// Reads the text of a `FactWriter`. Lines without "=" are ignored. The last value of a repeated
/// key counts.
class FactReader {
public:
    explicit FactReader(std::string_view text);

    [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
    /// The same; empty when the key is absent.
    [[nodiscard]] std::string text(std::string_view key) const;
    /// nullopt when the key is absent or the value is not a number.
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;

private:
    std::map<std::string, std::string, std::less<>> facts_;
};

}  // namespace holdback::replay
