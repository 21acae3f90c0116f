// SPDX-License-Identifier: Apache-2.0
// The address parser against a set of labelled addresses, where one lies beside the source tree.
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

int hex_value(char c) {
    return core::is_ascii_digit(c) ? c - '0' : core::ascii_lower(c) - 'a' + 10;
}

/// Undoes the escapes of the set: a backslash before `t`, `n`, `r`, itself, or `xHH`.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        switch (text.at(++at)) {
            case 't':
                out += '\t';
                break;
            case 'n':
                out += '\n';
                break;
            case 'r':
                out += '\r';
                break;
            case 'x':
                out += static_cast<char>((hex_value(text.at(at + 1)) * 16) +
                                         hex_value(text.at(at + 2)));
                at += 2;
                break;
            default:
                out += text[at];
        }
    }
    return out;
}

}  // namespace

TEST_CASE("addresses are judged as a labelled set judges them") {
    const std::filesystem::path file = std::filesystem::path(HOLDBACK_SOURCE_DIR).parent_path() /
                                       "shared/corpus/addresses/vectors.tsv";
    std::ifstream rows(file);
    if (!rows) {
        MESSAGE("skipped: the set of addresses is not here");
        return;
    }
    int judged = 0;
    int right = 0;
    for (std::string row; std::getline(rows, row);) {
        const std::vector<std::string_view> columns = core::split(row, '\t');
        if (row.starts_with("#address\t") || columns.size() < 6 ||
            columns[5].starts_with("contested")) {
            continue;
        }
        const Smtputf8 utf8 = columns[1] == "1" ? Smtputf8::Yes : Smtputf8::No;
        const auto address = Address::parse(unescape(columns[0]), utf8);
        const bool valid = address.has_value() && !address->is_unusual();
        ++judged;
        if (valid == (columns[2] == "valid")) {
            ++right;
        } else {
            MESSAGE("judged otherwise: " << core::log_safe(columns[0]));
        }
    }
    CHECK(judged > 600);
    CHECK(right * 1000 >= judged * 995);
}

}  // namespace holdback::mail
