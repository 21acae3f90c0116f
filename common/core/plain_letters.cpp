// SPDX-License-Identifier: Apache-2.0
#include "core/plain_letters.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace holdback::core {

namespace {

// The plain small letter of each character from U+00C0 on, and from U+1E00 on; "." where there is
// none. Taken from the decompositions in Unicode's UnicodeData.txt.
constexpr std::string_view kLatin =
    "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.yaaaaaaccccccccdd"
    "ddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllll..llnnnnnn...oooooo..rrrrrrssssss"
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzz.................................oo.............u"
    "u............................aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa...."
    "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............................";
constexpr std::string_view kMoreLatin =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo"
    "oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy......"
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu"
    "uuyyyyyyyy......";
constexpr char32_t kFirstLatin = 0xC0;
constexpr char32_t kFirstMoreLatin = 0x1E00;

struct Letter {
    char32_t marked;
    char32_t plain;
};

constexpr auto kOthers = std::to_array<Letter>(
    {{0x386, 0x3B1}, {0x388, 0x3B5}, {0x389, 0x3B7}, {0x38A, 0x3B9}, {0x38C, 0x3BF}, {0x38E, 0x3C5},
     {0x38F, 0x3C9}, {0x390, 0x3B9}, {0x3AA, 0x3B9}, {0x3AB, 0x3C5}, {0x3AC, 0x3B1}, {0x3AD, 0x3B5},
     {0x3AE, 0x3B7}, {0x3AF, 0x3B9}, {0x3B0, 0x3C5}, {0x3CA, 0x3B9}, {0x3CB, 0x3C5}, {0x3CC, 0x3BF},
     {0x3CD, 0x3C5}, {0x3CE, 0x3C9}, {0x3C2, 0x3C3}, {0x401, 0x435}, {0x451, 0x435}});

struct Ligature {
    char32_t letter;
    std::string_view plain;
};

constexpr auto kLigatures = std::to_array<Ligature>({{0xC6, "ae"},
                                                     {0xE6, "ae"},
                                                     {0xDF, "ss"},
                                                     {0x1E9E, "ss"},
                                                     {0x152, "oe"},
                                                     {0x153, "oe"},
                                                     {0xDE, "th"},
                                                     {0xFE, "th"}});

/// "." when the table has none.
char latin_letter(char32_t letter) {
    if (letter >= kFirstLatin && letter - kFirstLatin < kLatin.size()) {
        return kLatin[letter - kFirstLatin];
    }
    if (letter >= kFirstMoreLatin && letter - kFirstMoreLatin < kMoreLatin.size()) {
        return kMoreLatin[letter - kFirstMoreLatin];
    }
    return '.';
}

char32_t small_ascii(char32_t letter) {
    return letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter;
}

constexpr std::string_view kI = "\xD0\xB8";  // Cyrillic i, and with a breve
constexpr std::string_view kShortI = "\xD0\xB9";
constexpr std::string_view kDottedI = "\xD1\x96";  // dotted i, and with two dots
constexpr std::string_view kYi = "\xD1\x97";

/// Joins a combining mark to the letter before it, or drops it.
void append_mark(std::string& word, char32_t mark) {
    constexpr char32_t kDiaeresis = 0x308;
    constexpr char32_t kBreve = 0x306;
    if (mark == kBreve && word.ends_with(kI)) {
        word.replace(word.size() - kI.size(), kI.size(), kShortI);
    } else if (mark == kDiaeresis && word.ends_with(kDottedI)) {
        word.replace(word.size() - kDottedI.size(), kDottedI.size(), kYi);
    }
}

}  // namespace

void append_plain(std::string& word, char32_t letter) {
    constexpr char32_t kFullWidth = 0xFEE0;
    if (letter < kFirstLatin) {
        append_utf8(word, small_ascii(letter));
        return;
    }
    if (letter >= 0x300 && letter <= 0x36F) {
        append_mark(word, letter);
        return;
    }
    if (letter >= 0xFF10 && letter <= 0xFF5A) {
        append_utf8(word, small_ascii(letter - kFullWidth));
        return;
    }
    const auto* const ligature = std::ranges::find(kLigatures, letter, &Ligature::letter);
    if (ligature != kLigatures.end()) {
        word += ligature->plain;
        return;
    }
    if (const char latin = latin_letter(letter); latin != '.') {
        word += latin;
        return;
    }
    const auto* const other = std::ranges::find(kOthers, letter, &Letter::marked);
    append_utf8(word, other == kOthers.end() ? letter : other->plain);
}

}  // namespace holdback::core
