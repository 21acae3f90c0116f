// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts as text: a line "key=value" for each that is known. What is absent was not recorded; keys
// that a reader does not know are passed over, so that old and new programs read each other's.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::replay {

/// Collects facts. Keys are ours: letters, digits, dots.
class FactWriter {
public:
    /// An empty value is left out. Values may hold any octets.
    void put(std::string_view key, std::string_view value);
    void put_number(std::string_view key, std::uint64_t value);
    /// Written when true.
    void put_flag(std::string_view key, bool value);

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

/// Reads what a `FactWriter` wrote. Lines that are none are passed over; of a key that stands twice
/// the last counts.
class FactReader {
public:
    explicit FactReader(std::string_view text);

    [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
    /// The same; empty when it is absent.
    [[nodiscard]] std::string text(std::string_view key) const;
    /// nullopt when it is absent or no number.
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;

private:
    std::map<std::string, std::string, std::less<>> facts_;
};

}  // namespace holdback::replay
