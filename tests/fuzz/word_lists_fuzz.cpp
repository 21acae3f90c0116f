// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a file of word lists, and whatever reply is read with it: a lexicon whose hits
// lie in the text, or messages of one line. What follows a NUL is the reply.
#include "io/settings/codes_file.hpp"
#include "reading/lexicon.hpp"
#include "reading/text_words.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void expect_readable(const std::vector<holdback::reading::LexiconError>& errors) {
    for (const holdback::reading::LexiconError& error : errors) {
        expect(!error.message.empty() && error.line >= 0);
        expect(std::ranges::none_of(error.message, [](char c) {
            return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
        }));
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using holdback::reading::Lexicon;
    using holdback::reading::WordFile;
    static const auto codes =
        holdback::io::settings::read_codes(HOLDBACK_SOURCE_DIR "/conf/codes.conf").value();
    const std::span<const std::uint8_t> octets(data, size);
    const std::string whole(octets.begin(), octets.end());
    const std::size_t end = std::min(whole.find('\0'), whole.size());
    const std::string text = whole.substr(std::min(end + 1, whole.size()));
    for (const bool local : {false, true}) {
        const std::vector files{
            WordFile{.name = "fuzz.words", .text = whole.substr(0, end), .local = local}};
        const auto lexicon = Lexicon::make(files, codes);
        if (!lexicon.has_value()) {
            expect(!lexicon.error().empty());
            expect_readable(lexicon.error());
            continue;
        }
        expect_readable(lexicon->errors());
        expect_readable(lexicon->doubts());
        const holdback::reading::TextWords words = holdback::reading::words_of(text);
        std::size_t before = 0;
        for (const holdback::reading::PhraseHit& hit : lexicon->find(words)) {
            expect(before <= hit.first && hit.first <= hit.last && hit.last < words.words.size());
            before = hit.first;
        }
    }
    return 0;
}
