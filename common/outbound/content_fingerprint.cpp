// SPDX-License-Identifier: Apache-2.0
#include "outbound/content_fingerprint.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

namespace {

using Hash = std::uint64_t;

/// FNV-1a, then mixed, so that the smallest of many hashes are a fair sample.
Hash hash_of(std::string_view octets) {
    constexpr Hash kBasis = 0xcbf29ce484222325U;
    constexpr Hash kPrime = 0x100000001b3U;
    Hash hash = kBasis;
    for (const char octet : octets) {
        hash = (hash ^ static_cast<unsigned char>(octet)) * kPrime;
    }
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdU;
    return hash ^ (hash >> 33U);
}

Hash pair_hash(Hash first, Hash second) {
    Hash hash = (first * 0x9e3779b97f4a7c15U) ^ second;
    hash ^= hash >> 33U;
    hash *= 0xc4ceb9fe1a85ec53U;
    return hash ^ (hash >> 33U);
}

std::string comparable(std::string_view text) {
    return core::to_lower_utf8(core::is_utf8(text) ? std::string(text) : core::to_valid_utf8(text));
}

unsigned char octet_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// How a character takes part in words.
enum class Kind : std::uint8_t { Letter, Digit, Gap, Ideograph };

/// A character of valid UTF-8 and its length. In scripts without spaces each character is a word.
struct Character {
    Kind kind;
    std::size_t octets;
};

Character character_at(std::string_view text, std::size_t at) {
    const unsigned char lead = octet_at(text, at);
    if (lead < 0x80) {
        const char c = text[at];
        if (core::is_ascii_alpha(c)) {
            return {Kind::Letter, 1};
        }
        return {core::is_ascii_digit(c) ? Kind::Digit : Kind::Gap, 1};
    }
    const unsigned char second = octet_at(text, at + 1);
    if (lead < 0xe0) {  // U+0080 to U+00BF are signs: no-break space, quotes
        return {lead == 0xc2 ? Kind::Gap : Kind::Letter, 2};
    }
    if (lead < 0xf0) {
        const bool sign = (lead == 0xe2 && second < 0xb0) || (lead == 0xe3 && second == 0x80) ||
                          (lead == 0xef && second >= 0xbb);
        if (sign) {
            return {Kind::Gap, 3};
        }
        return {lead >= 0xe3 && lead <= 0xe9 ? Kind::Ideograph : Kind::Letter, 3};
    }
    return {Kind::Gap, 4};
}

/// Gives the words of a text that has no spaces. A word with a digit is left out.
template <typename Take>
void each_word_within(std::string_view chunk, const Take& take) {
    std::size_t begin = 0;
    bool has_digit = false;
    const auto end_word = [&](std::size_t end) {
        if (end - begin > 1 && !has_digit) {
            take(chunk.substr(begin, end - begin));
        }
        has_digit = false;
    };
    std::size_t at = 0;
    while (at < chunk.size()) {
        const Character character = character_at(chunk, at);
        if (character.kind == Kind::Gap || character.kind == Kind::Ideograph) {
            end_word(at);
            if (character.kind == Kind::Ideograph) {
                take(chunk.substr(at, character.octets));
            }
            begin = at + character.octets;
        }
        has_digit = has_digit || character.kind == Kind::Digit;
        at += character.octets;
    }
    end_word(chunk.size());
}

bool is_link(std::string_view chunk) {
    return chunk.find("://") != std::string_view::npos || chunk.starts_with("www.");
}

/// Gives the pieces between white space.
template <typename Take>
void each_chunk(std::string_view text, const Take& take) {
    std::size_t at = 0;
    while (at < text.size()) {
        while (at < text.size() && core::is_ascii_space(text[at])) {
            ++at;
        }
        const std::size_t begin = at;
        while (at < text.size() && !core::is_ascii_space(text[at])) {
            ++at;
        }
        if (at > begin) {
            take(text.substr(begin, at - begin));
        }
    }
}

/// Gives the words that all messages of a campaign can share.
template <typename Take>
void each_word(std::string_view text, const Take& take) {
    each_chunk(text, [&](std::string_view chunk) {
        if (!is_link(chunk) && chunk.find('@') == std::string_view::npos) {
            each_word_within(chunk, take);
        }
    });
}

/// Gives the lines that the sender wrote for this message, without quotes and signature.
template <typename Take>
void each_own_line(std::string_view text, const Take& take) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line == "-- " || line == "--") {
            return;
        }
        if (!line.starts_with('>')) {
            take(line);
        }
    }
}

std::vector<Hash> personal_words(const std::vector<std::string>& personal) {
    std::vector<Hash> words;
    for (const std::string& text : personal) {
        each_word_within(comparable(text),
                         [&](std::string_view word) { words.push_back(hash_of(word)); });
    }
    std::ranges::sort(words);
    return words;
}

/// The words of the text that are not in `personal`, in order.
std::vector<Hash> common_words(std::string_view text, const std::vector<Hash>& personal) {
    std::vector<Hash> words;
    each_word(text, [&](std::string_view word) {
        const Hash hash = hash_of(word);
        if (!std::ranges::binary_search(personal, hash)) {
            words.push_back(hash);
        }
    });
    return words;
}

/// Sorts, removes duplicates, and keeps the smallest.
void keep_smallest(std::vector<std::uint32_t>& hashes) {
    std::ranges::sort(hashes);
    const auto repeated = std::ranges::unique(hashes);
    hashes.erase(repeated.begin(), repeated.end());
    hashes.resize(std::min(hashes.size(), kSketchHashes));
}

std::vector<std::uint32_t> sketch_of(const std::vector<Hash>& words) {
    std::vector<std::uint32_t> sketch;
    if (words.size() < kFewestWords) {
        return sketch;
    }
    if (words.size() < kLooseWords) {
        Hash whole = words.size();
        for (const Hash word : words) {
            whole = pair_hash(whole, word);
        }
        sketch.push_back(static_cast<std::uint32_t>(whole));
        return sketch;
    }
    // A hash above `limit` cannot be among the smallest.
    constexpr std::size_t kMostKept = 8 * kSketchHashes;
    std::uint32_t limit = std::numeric_limits<std::uint32_t>::max();
    const auto add = [&](Hash hash) {
        const auto short_hash = static_cast<std::uint32_t>(hash);
        if (short_hash > limit) {
            return;
        }
        sketch.push_back(short_hash);
        if (sketch.size() == kMostKept) {
            keep_smallest(sketch);
            limit = sketch.size() == kSketchHashes ? sketch.back() : limit;
        }
    };
    sketch.reserve(std::min(2 * words.size(), kMostKept));
    for (std::size_t i = 0; i < words.size(); ++i) {
        add(words[i]);
        if (i > 0) {
            add(pair_hash(words[i - 1], words[i]));
        }
    }
    keep_smallest(sketch);
    sketch.shrink_to_fit();
    return sketch;
}

/// "Re:", "AW:", "Fwd: [list]", "RE[2]:": a short word, perhaps a count, and a colon.
bool says_reply(std::string_view subject) {
    constexpr auto kPrefixes = std::to_array<std::string_view>(
        {"re", "aw", "antw", "sv", "vs",     "odp", "ynt", "rv",   "rif",  "fw",  "fwd",
         "wg", "tr", "vb",   "vl", "doorst", "enc", "res", "回复", "答复", "转发"});
    constexpr std::string_view kWideColon = "：";
    const std::size_t colon = std::min(subject.find(':'), subject.find(kWideColon));
    if (colon == std::string_view::npos) {
        return false;
    }
    std::string_view word = core::trim(subject.substr(0, colon));
    word = word.substr(0, word.find_first_of("[(^ "));
    return std::ranges::find(kPrefixes, word) != kPrefixes.end();
}

Hash subject_hash(std::string_view subject, bool is_reply, const std::vector<Hash>& personal) {
    constexpr std::size_t kFewestSubjectWords = 2;
    if (is_reply || says_reply(subject)) {
        return 0;
    }
    const std::vector<Hash> words = common_words(subject, personal);
    if (words.size() < kFewestSubjectWords) {
        return 0;
    }
    Hash whole = words.size();
    for (const Hash word : words) {
        whole = pair_hash(whole, word);
    }
    return whole;
}

/// A link's scheme and host.
std::string_view host_of(std::string_view link) {
    const std::size_t scheme = link.find("://");
    const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
    return link.substr(0, link.find_first_of("/?#", host));
}

/// The sender's own text in comparable form, of the first `most` octets.
std::string own_text(const Content& content, std::size_t most) {
    std::string own;
    for (const std::string& text : content.texts) {
        if (own.size() >= most) {
            break;
        }
        const std::string_view piece = std::string_view(text).substr(0, most - own.size());
        each_own_line(comparable(piece), [&](std::string_view line) {
            own += line;
            own += '\n';
        });
    }
    return own;
}

}  // namespace

ContentFingerprint content_fingerprint(const Content& content) {
    const std::vector<Hash> personal = personal_words(content.personal);
    ContentFingerprint fingerprint;
    fingerprint.subject = subject_hash(comparable(content.subject), content.is_reply, personal);
    fingerprint.sketch = sketch_of(common_words(own_text(content, kSketchedOctets), personal));
    return fingerprint;
}

namespace {

/// The words with one space between them. Octets that are not ASCII belong to words.
std::string without_punctuation(std::string_view text) {
    std::string words;
    for (const char c : text) {
        const bool is_of_word = core::is_ascii_alpha(c) || core::is_ascii_digit(c) ||
                                static_cast<unsigned char>(c) >= 0x80;
        if (is_of_word) {
            words += c;
        } else if (!words.empty() && words.back() != ' ') {
            words += ' ';
        }
    }
    if (words.ends_with(' ')) {
        words.pop_back();
    }
    return words;
}

}  // namespace

std::string exact_digest(const Content& content, Links links, std::size_t fewest) {
    const std::string own = own_text(content, std::string::npos);
    if (common_words(own, {}).size() < fewest) {
        return {};
    }
    std::string told;
    told.reserve(own.size());
    each_chunk(own, [&](std::string_view chunk) {
        told += links == Links::HostsAlone && is_link(chunk) ? host_of(chunk) : chunk;
        told += ' ';
    });
    const std::string subject = without_punctuation(comparable(content.subject));
    if (told.empty() && subject.empty() && content.attachments.empty()) {
        return {};
    }
    std::vector<std::string_view> pieces{
        core::trim(content.from), core::trim(content.in_reply_to), subject, told};
    pieces.insert(pieces.end(), content.attachments.begin(), content.attachments.end());
    return core::digest_hex(pieces);
}

bool same_text(const std::vector<std::uint32_t>& left, const std::vector<std::uint32_t>& right) {
    constexpr std::size_t kTenths = 7;
    if (left.size() < 2 || right.size() < 2) {
        return !left.empty() && left == right;
    }
    // A full sketch does not have all hashes of its text: nothing is known beyond its last one.
    const bool sampled = left.size() == kSketchHashes || right.size() == kSketchHashes;
    std::size_t all = 0;
    std::size_t common = 0;
    auto l = left.begin();
    auto r = right.begin();
    // With more differences than this, the texts cannot match, whatever follows.
    const std::size_t most_common = std::min(left.size(), right.size());
    while ((l != left.end() || r != right.end()) && (!sampled || all != kSketchHashes)) {
        const bool take_left = r == right.end() || (l != left.end() && *l <= *r);
        const bool take_right = l == left.end() || (r != right.end() && *r <= *l);
        common += static_cast<std::size_t>(take_left && take_right);
        ++all;
        if ((all - common) * kTenths > most_common * (10 - kTenths)) {
            return false;
        }
        std::advance(l, static_cast<int>(take_left));
        std::advance(r, static_cast<int>(take_right));
    }
    return common * 10 >= all * kTenths;
}

}  // namespace holdback::outbound
