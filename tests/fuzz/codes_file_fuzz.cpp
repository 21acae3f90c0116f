// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a file of codes, be it a whole catalogue or changes of the shipped one: a
// catalogue whose parts fit together, or messages of one printable line.
#include "core/result.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/failure_code.hpp"

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

void check(const holdback::core::Result<holdback::terms::CodeCatalogue,
                                        holdback::io::settings::FileErrors>& codes) {
    using holdback::terms::CodeEntry;
    if (!codes.has_value()) {
        expect(!codes.error().empty());
        for (const holdback::io::settings::FileError& error : codes.error()) {
            expect(is_one_line(error.text()));
        }
        return;
    }
    expect(codes->find(holdback::terms::kUnknownFailure) != nullptr);
    for (const CodeEntry& entry : codes->entries()) {
        expect(codes->find(entry.code) == &entry && codes->find_name(entry.name) == &entry);
        expect(is_one_line(entry.name));
        expect(codes->find(codes->shown_as(entry.code, false)) != nullptr);
        expect(entry.strikes >= 1 && entry.window.count() >= 1 && entry.expiry.count() >= 0);
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto shipped =
        holdback::io::settings::read_codes(HOLDBACK_SOURCE_DIR "/conf/codes.conf").value();
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    check(holdback::io::settings::read_codes_text(text, "fuzz.conf"));
    check(holdback::io::settings::amend_codes_text(shipped, text, "fuzz.conf"));
    return 0;
}
