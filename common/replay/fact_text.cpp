// SPDX-License-Identifier: Apache-2.0
#include "replay/fact_text.hpp"

#include "core/text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::replay {

namespace {

constexpr std::string_view kFlag = "1";

std::string unescaped(std::string_view value) {
    std::string text;
    text.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) {
            ++i;
            text += value[i] == 'n' ? '\n' : value[i];
        } else {
            text += value[i];
        }
    }
    return text;
}

}  // namespace

void FactWriter::put(std::string_view key, std::string_view value) {
    if (value.empty()) {
        return;
    }
    text_ += key;
    text_ += '=';
    for (const char c : value) {
        if (c == '\n') {
            text_ += "\\n";
        } else if (c == '\\') {
            text_ += "\\\\";
        } else {
            text_ += c;
        }
    }
    text_ += '\n';
}

void FactWriter::put_number(std::string_view key, std::uint64_t value) {
    put(key, fmt::to_string(value));
}

void FactWriter::put_flag(std::string_view key, bool value) {
    put(key, value ? kFlag : std::string_view{});
}

FactReader::FactReader(std::string_view text) {
    for (const std::string_view line : core::split(text, '\n')) {
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos) {
            facts_.insert_or_assign(std::string(line.substr(0, equals)),
                                    unescaped(line.substr(equals + 1)));
        }
    }
}

std::optional<std::string> FactReader::find(std::string_view key) const {
    const auto fact = facts_.find(key);
    return fact == facts_.end() ? std::nullopt : std::optional(fact->second);
}

std::string FactReader::text(std::string_view key) const {
    return find(key).value_or("");
}

std::optional<std::uint64_t> FactReader::number(std::string_view key) const {
    const auto value = find(key);
    return value.has_value() ? core::parse_decimal(*value) : std::nullopt;
}

bool FactReader::flag(std::string_view key) const {
    return find(key) == kFlag;
}

}  // namespace holdback::replay
