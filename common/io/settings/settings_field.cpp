// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_field.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::io::settings {

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
