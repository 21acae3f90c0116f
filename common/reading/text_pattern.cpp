// SPDX-License-Identifier: Apache-2.0
#include "reading/text_pattern.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/ip_address.hpp"
#include "reading/rule_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::reading {

namespace {

enum class Kind : std::uint8_t {
    Mark,  ///< space and punctuation, as they stand
    Word,
    Code,      ///< a reply code or an enhanced status
    DateWord,  ///< part of a date beside a number, otherwise a word
    Address,
    Url,
    Ip,
    Host,
    Date,
    Id,
    Number,
};

struct Token {
    Kind kind;
    std::string_view text;
};

using Tokens = std::vector<Token>;

constexpr std::string_view kMarks = " <>()[]{}\"',;=|";
constexpr std::string_view kTail = ".:!?-*";
constexpr std::string_view kLead = ".-*#:";

constexpr auto kDateWords = std::to_array<std::string_view>(
    {"mon", "tue", "wed", "thu", "fri",  "sat", "sun", "jan", "feb",
     "mar", "apr", "may", "jun", "jul",  "aug", "sep", "oct", "nov",
     "dec", "gmt", "utc", "cet", "cest", "est", "edt", "pst", "pdt"});
constexpr auto kTopLevels =
    std::to_array<std::string_view>({"com", "net", "org", "edu", "gov", "info", "biz"});

bool is_in(std::string_view set, char c) {
    return set.contains(c);
}

bool all_of(std::string_view text, bool (*is)(char)) {
    return !text.empty() && std::ranges::all_of(text, is);
}

bool is_digit(char c) {
    return core::is_ascii_digit(c);
}

bool is_alpha(char c) {
    return core::is_ascii_alpha(c);
}

bool is_status(std::string_view text) {
    return mail::EnhancedStatus::parse(text).has_value();
}

bool is_reply_code(std::string_view text) {
    return text.size() == 3 && (text[0] == '4' || text[0] == '5') && all_of(text, is_digit);
}

/// True for "550-5.1.1", which begins a line of a longer reply.
bool is_joined_code(std::string_view text) {
    return text.size() > 4 && text[3] == '-' && is_reply_code(text.substr(0, 3)) &&
           is_status(text.substr(4));
}

bool is_host(std::string_view text) {
    const auto labels = core::split(text, '.');
    if (labels.size() < 2) {
        return false;
    }
    for (const std::string_view label : labels) {
        const bool fits = !label.empty() && std::ranges::all_of(label, [](char c) {
            return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
        });
        if (!fits) {
            return false;
        }
    }
    // "unknown.please" lacks a space, so two labels are a host only by their top level.
    const std::string_view last = labels.back();
    return all_of(last, is_alpha) && last.size() >= 2 &&
           (labels.size() > 2 || std::ranges::find(kTopLevels, last) != kTopLevels.end() ||
            (last.size() == 2 && labels.front().size() > 2));
}

/// True for digits with the marks of a date or a time between them, like "2026-03-01t10:00:00z",
/// "10:30", "1/3/2026", or for a zone like "+0100".
bool is_date(std::string_view text) {
    if (text.size() == 5 && (text[0] == '+' || text[0] == '-')) {
        return all_of(text.substr(1), is_digit);
    }
    if (text.empty() || !is_digit(text.front())) {
        return false;
    }
    std::size_t marks = 0;
    for (const char c : text) {
        const bool mark = c == ':' || c == '/' || c == '-';
        marks += mark ? 1 : 0;
        if (!mark && !is_digit(c) && c != 't' && c != 'z' && c != '.' && c != '+') {
            return false;
        }
    }
    return marks > 1 || (marks == 1 && text.size() <= 5 && text.contains(':'));
}

bool is_number(std::string_view text) {
    return is_digit(text.front()) &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.' || c == '%'; });
}

/// True for mixed letters and digits that people do not write: queue ids, message ids, hashes.
bool is_id(std::string_view text) {
    constexpr std::size_t kShortest = 6;
    constexpr std::size_t kShortestHex = 8;
    constexpr std::size_t kLongestWord = 40;
    if (text.size() > kLongestWord && core::is_utf8(text) && !core::has_non_ascii(text)) {
        return true;
    }
    const auto digits = std::ranges::count_if(text, is_digit);
    if (text.size() < kShortest || digits == 0 || text.starts_with("rfc")) {
        return false;
    }
    const bool hex = text.size() >= kShortestHex && all_of(text, core::is_lower_hex);
    // A word with one digit among many letters may be a name that rules rely on.
    return hex || digits >= 2;
}

Kind kind_of(std::string_view word) {
    if (word.contains('@')) {
        return Kind::Address;
    }
    if (is_status(word) || is_joined_code(word)) {
        return Kind::Code;
    }
    if (mail::IpAddress::parse(word).has_value()) {
        return Kind::Ip;
    }
    if (is_date(word)) {
        return Kind::Date;
    }
    if (is_number(word)) {
        return Kind::Number;
    }
    if (is_host(word)) {
        return Kind::Host;
    }
    if (std::ranges::find(kDateWords, word) != kDateWords.end()) {
        return Kind::DateWord;
    }
    return is_id(word) ? Kind::Id : Kind::Word;
}

/// The end of the URL that begins the text; 0 when there is none.
std::size_t url_end(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://", "www.", "mailto:"}) {
        if (text.starts_with(scheme)) {
            const std::size_t end = text.find_first_of(" <>\"')]");
            return end == std::string_view::npos ? text.size() : end;
        }
    }
    return 0;
}

/// Adds one run of characters. Marks at its ends become tokens of their own.
void add_run(Tokens& tokens, std::string_view run) {
    std::size_t begin = 0;
    while (begin < run.size() && is_in(kLead, run[begin]) &&
           (run[begin] != '-' || !is_date(run.substr(begin)))) {
        ++begin;
    }
    std::size_t end = run.size();
    while (end > begin && is_in(kTail, run[end - 1])) {
        --end;
    }
    // "::1" begins with colons.
    if (mail::IpAddress::parse(run.substr(0, end)).has_value()) {
        begin = 0;
    }
    if (begin > 0) {
        tokens.push_back({Kind::Mark, run.substr(0, begin)});
    }
    if (end > begin) {
        const std::string_view word = run.substr(begin, end - begin);
        tokens.push_back({kind_of(word), word});
    }
    if (end < run.size()) {
        tokens.push_back({Kind::Mark, run.substr(end)});
    }
}

Tokens tokens_of(std::string_view text) {
    Tokens tokens;
    for (std::size_t at = 0; at < text.size();) {
        if (is_in(kMarks, text[at])) {
            tokens.push_back({Kind::Mark, text.substr(at, 1)});
            ++at;
        } else if (const std::size_t length = url_end(text.substr(at)); length > 0) {
            tokens.push_back({Kind::Url, text.substr(at, length)});
            at += length;
        } else {
            const std::size_t end = std::min(text.find_first_of(kMarks, at), text.size());
            add_run(tokens, text.substr(at, end - at));
            at = end;
        }
    }
    return tokens;
}

bool is_dateable(Kind kind) {
    return kind == Kind::Date || kind == Kind::DateWord || kind == Kind::Number;
}

/// Finds reply codes: three digits in front of all words, behind a colon, or before a status.
/// Elsewhere three digits are a number.
void find_reply_codes(Tokens& tokens) {
    bool expects = true;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        Token& token = tokens[i];
        if (token.kind == Kind::Mark) {
            expects = expects || token.text.contains(':');
            continue;
        }
        const bool before_status = i + 2 < tokens.size() && tokens[i + 2].kind == Kind::Code;
        if (token.kind == Kind::Number && is_reply_code(token.text) && (expects || before_status)) {
            token.kind = Kind::Code;
        }
        expects = false;
    }
}

/// Joins dates, their words and the numbers among them into one token. A single date word stays a
/// word.
void join_dates(Tokens& tokens) {
    Tokens joined;
    for (std::size_t i = 0; i < tokens.size();) {
        std::size_t end = i;
        std::size_t after = i;  // behind the last token of the date
        std::size_t parts = 0;
        bool is_date = false;
        while (end < tokens.size() &&
               (is_dateable(tokens[end].kind) ||
                (end > i && tokens[end].kind == Kind::Mark && tokens[end].text.size() == 1 &&
                 is_in(" ,()", tokens[end].text.front())))) {
            if (tokens[end].kind != Kind::Mark) {
                after = end + 1;
                ++parts;
                is_date = is_date || tokens[end].kind != Kind::Number;
            }
            ++end;
        }
        const bool single_word = parts == 1 && tokens[i].kind == Kind::DateWord;
        if (parts == 0 || !is_date || single_word) {
            joined.push_back(tokens[i]);
            if (single_word) {
                joined.back().kind = Kind::Word;
            }
            ++i;
        } else {
            joined.push_back({Kind::Date, tokens[i].text});
            i = after;
        }
    }
    tokens = std::move(joined);
}

std::string_view shown(const Token& token) {
    switch (token.kind) {
        case Kind::Mark:
        case Kind::Word:
        case Kind::Code:
        case Kind::DateWord:
            return token.text;
        case Kind::Address:
            return "{address}";
        case Kind::Url:
            return "{url}";
        case Kind::Ip:
            return "{ip}";
        case Kind::Host:
            return "{host}";
        case Kind::Date:
            return "{date}";
        case Kind::Id:
            return "{id}";
        case Kind::Number:
            return "{number}";
    }
    std::unreachable();
}

/// True when the word has a letter or a character of another script.
bool is_spoken(std::string_view word) {
    return std::ranges::any_of(
        word, [](char c) { return is_alpha(c) || (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

void cut(std::string& text) {
    if (text.size() <= kPatternOctets) {
        return;
    }
    std::size_t end = kPatternOctets;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    text.resize(end);
}

}  // namespace

std::string text_pattern(std::string_view text) {
    const std::string plain = core::to_lower(rule_text(text));
    Tokens tokens = tokens_of(plain);
    find_reply_codes(tokens);
    join_dates(tokens);
    const bool speaks = std::ranges::any_of(tokens, [](const Token& token) {
        return token.kind == Kind::Word && is_spoken(token.text);
    });
    std::string pattern;
    if (speaks) {
        for (const Token& token : tokens) {
            pattern += shown(token);
        }
        cut(pattern);
    }
    return pattern;
}

}  // namespace holdback::reading
