// SPDX-License-Identifier: Apache-2.0
#include "milter/control_protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::milter {

namespace {

std::string_view escape(char c) {
    switch (c) {
        case '\t':
            return "\\t";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\\':
            return "\\\\";
        default:
            return {};
    }
}

char unescape(char c) {
    switch (c) {
        case 't':
            return '\t';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        default:
            return c;
    }
}

}  // namespace

ControlLine number_line(std::string_view key, std::uint64_t number) {
    return {std::string(key), std::to_string(number)};
}

std::string encode_control_line(const ControlLine& fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (&field != &fields.front()) {
            line += '\t';
        }
        for (const char c : field) {
            if (const std::string_view escaped = escape(c); !escaped.empty()) {
                line += escaped;
            } else {
                line += c;
            }
        }
    }
    return line;
}

ControlLine decode_control_line(std::string_view line) {
    ControlLine fields;
    std::string field;
    bool escaped = false;
    for (const char c : line) {
        if (escaped) {
            field += unescape(c);
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '\t') {
            fields.push_back(std::exchange(field, {}));
        } else {
            field += c;
        }
    }
    fields.push_back(std::move(field));
    return fields;
}

}  // namespace holdback::milter
