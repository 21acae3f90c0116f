// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_field.hpp"

#include "core/text.hpp"
#include "io/settings/toml_document.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::io::settings {

std::string shown(const TomlValue& value) {
    if (const auto* text = value.as_string(); text != nullptr) {
        return core::log_safe(*text);
    }
    if (const auto* number = value.as_integer(); number != nullptr) {
        return fmt::to_string(*number);
    }
    return std::string(value.kind());
}

FileError wrong_value(const FieldName& name, std::string_view expects, const TomlValue& value) {
    return {value.place(),
            fmt::format("{} must be {}, not {}", name.dotted(), expects, shown(value))};
}

std::string toml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace holdback::io::settings
