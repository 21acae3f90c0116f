// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a settings file: it is read or refused with messages of one printable line,
// and what was read is written so that it is read the same.
#include "io/settings/settings_file.hpp"
#include "io/settings/toml_document.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_one_line(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    const auto settings = holdback::io::settings::load_settings_text(text, "fuzz.conf");
    if (!settings.has_value()) {
        expect(!settings.error().empty());
        for (const holdback::io::settings::FileError& error : settings.error()) {
            expect(is_one_line(error.text()));
        }
        return 0;
    }
    const auto again = holdback::io::settings::load_settings_text(
        holdback::io::settings::settings_text(*settings), "again.conf");
    expect(again.has_value() && *again == *settings);
    return 0;
}
