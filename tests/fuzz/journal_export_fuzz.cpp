// SPDX-License-Identifier: Apache-2.0
// Any octets as what journalctl writes: entries are the same however the octets are cut.
#include "dsn/log_line.hpp"
#include "io/journal_export.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::vector<std::string> read(std::string_view octets, std::size_t piece) {
    holdback::io::JournalExportReader reader;
    std::vector<std::string> lines;
    while (!octets.empty()) {
        reader.add(octets.substr(0, piece));
        octets.remove_prefix(std::min(piece, octets.size()));
        while (auto entry = reader.next()) {
            lines.push_back(entry->cursor + entry->line);
            const auto line = holdback::dsn::parse_log_line(
                entry->line, {.now = entry->at, .utc_offset = std::chrono::seconds(0)});
            expect(!line.has_value() || line->at == entry->at);
        }
    }
    return lines;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    expect(read(text, 7) == read(text, text.size() + 1));
    return 0;
}
