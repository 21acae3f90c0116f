// SPDX-License-Identifier: Apache-2.0
#include "reading/text_scan.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

namespace {

constexpr std::size_t kLongestLocalPart = 256;
constexpr std::size_t kLongestDomain = 255;
constexpr std::size_t kLongestReply = 4096;

bool is_local_octet(char c) {
    constexpr std::string_view kSpecials = "!#$%&'*+-/=?^_`{|}~.";
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || core::is_non_ascii(c) ||
           kSpecials.find(c) != std::string_view::npos;
}

bool is_domain_octet(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || core::is_non_ascii(c) ||
           c == '-' || c == '.' || c == '_';
}

std::size_t quoted_local_begin(std::string_view text, std::size_t at) {
    const std::size_t lowest = at > kLongestLocalPart ? at - kLongestLocalPart : 0;
    for (std::size_t begin = at - 1; begin > lowest; --begin) {
        const bool escaped = begin >= 2 && text[begin - 2] == '\\';
        if (text[begin - 1] == '"' && !escaped) {
            return begin - 1;
        }
        if (text[begin - 1] == '\n') {
            break;
        }
    }
    return at;
}

/// Skips ideographic punctuation and full-width forms in front of an address: they are prose.
std::size_t without_wide_prefix(std::string_view text, std::size_t begin, std::size_t at) {
    std::size_t kept = begin;
    for (std::size_t index = begin; index + 3 <= at; ++index) {
        const std::string_view lead = text.substr(index, 2);
        if (lead == "\xe3\x80" || lead == "\xef\xbc" || lead == "\xef\xbd" || lead == "\xe2\x80") {
            kept = index + 3;
        }
    }
    return kept;
}

std::size_t local_begin(std::string_view text, std::size_t at) {
    if (at == 0) {
        return at;
    }
    if (text[at - 1] == '"') {
        return quoted_local_begin(text, at);
    }
    std::size_t begin = at;
    while (begin > 0 && at - begin < kLongestLocalPart && is_local_octet(text[begin - 1])) {
        --begin;
    }
    while (begin < at && core::is_continuation(text[begin])) {
        ++begin;
    }
    begin = without_wide_prefix(text, begin, at);
    // X.400 addresses carry an SMTP address as "SMTP=user@example.net".
    if (core::starts_with_ignoring_case(text.substr(begin, at - begin), "smtp=")) {
        begin += 5;
    }
    while (begin < at && (text[begin] == '.' || text[begin] == '\'' || text[begin] == '`')) {
        ++begin;
    }
    return begin;
}

std::size_t domain_end(std::string_view text, std::size_t begin) {
    std::size_t end = begin;
    if (end < text.size() && text[end] == '[') {
        const std::size_t close = text.substr(end, 64).find(']');
        return close == std::string_view::npos ? begin : end + close + 1;
    }
    std::size_t first_wide = std::string_view::npos;
    while (end < text.size() && end - begin < kLongestDomain && is_domain_octet(text[end])) {
        if (core::is_non_ascii(text[end]) && first_wide == std::string_view::npos) {
            first_wide = end;
        }
        ++end;
    }
    while (end > begin && end < text.size() && core::is_continuation(text[end])) {
        --end;
    }
    // Prose in another script may follow "user@example.jp" directly.
    if (first_wide != std::string_view::npos) {
        const std::string_view before = text.substr(begin, first_wide - begin);
        const bool more_labels =
            text.substr(first_wide, end - first_wide).find('.') != std::string_view::npos;
        if (!more_labels && before.find('.') != std::string_view::npos && before.back() != '.') {
            end = first_wide;
        }
    }
    while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) {
        --end;
    }
    return end;
}

bool is_reply_class(char c) {
    return c == '4' || c == '5';
}

/// True when three digits that can be a failure reply code stand at `at` as a word of their own.
bool is_code_at(std::string_view text, std::size_t at) {
    if (at + 3 > text.size() || !is_reply_class(text[at]) || text[at + 1] < '0' ||
        text[at + 1] > '7' || !core::is_ascii_digit(text[at + 2])) {
        return false;
    }
    constexpr std::string_view kBefore = " \t\r\n<(:;\"'[=>,|";
    if (at > 0 && kBefore.find(text[at - 1]) == std::string_view::npos) {
        return false;
    }
    constexpr std::string_view kBehind = " \t\r\n-:;,)]>\"'.#";
    if (at + 3 == text.size()) {
        return true;
    }
    if (kBehind.find(text[at + 3]) == std::string_view::npos) {
        return false;
    }
    // "550.5" and "450,000" are numbers; "550-12" is a range unless it is a status.
    const bool digit_behind = at + 4 < text.size() && core::is_ascii_digit(text[at + 4]);
    return !digit_behind || (text[at + 3] != '.' && text[at + 3] != ',');
}

std::string_view next_word(std::string_view text, std::size_t at) {
    constexpr std::string_view kSkip = " \t\r\n-:;,([#";
    const std::size_t begin = std::min(text.find_first_not_of(kSkip, at), text.size());
    std::size_t end = begin;
    while (end < text.size() && (core::is_ascii_digit(text[end]) || text[end] == '.')) {
        ++end;
    }
    while (end > begin && text[end - 1] == '.') {
        --end;
    }
    return text.substr(begin, end - begin);
}

std::optional<mail::EnhancedStatus> status_behind(std::string_view text, std::size_t code_at) {
    const auto parsed =
        mail::EnhancedStatus::parse(next_word(text.substr(0, code_at + 40), code_at + 3));
    if (!parsed.has_value() || parsed->status_class() != text[code_at] - '0') {
        return std::nullopt;
    }
    return *parsed;
}

bool is_unit(std::string_view word) {
    static constexpr auto kUnits = std::to_array<std::string_view>({"kb",
                                                                    "mb",
                                                                    "bytes",
                                                                    "byte",
                                                                    "kbytes",
                                                                    "kilobytes",
                                                                    "octets",
                                                                    "seconds",
                                                                    "secs",
                                                                    "minutes",
                                                                    "hours",
                                                                    "days",
                                                                    "messages",
                                                                    "times",
                                                                    "recipients",
                                                                    "k",
                                                                    "m"});
    return std::ranges::find(kUnits, word) != kUnits.end();
}

/// True when the text in front of the digits says that they are a reply code.
bool is_introduced(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) {
        --end;
    }
    const char before = end == 0 ? '\n' : text[end - 1];
    constexpr std::string_view kIntroducers = "\n\r:;<>=|";
    if (kIntroducers.find(before) != std::string_view::npos) {
        return true;
    }
    const std::size_t from = end > 24 ? end - 24 : 0;
    const std::string near = core::to_lower(text.substr(from, end - from));
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"error",      "code", "returned", "responded", "response", "reply",   "status",
         "smtp",       "said", "failed",   "with",      "was",      "error (", "(code",
         "error code", "[",    "(",        "\"",        "'",        "#"});
    return std::ranges::any_of(kWords,
                               [&near](std::string_view word) { return near.ends_with(word); });
}

bool is_reply_in_prose(std::string_view text, std::size_t at) {
    if (status_behind(text, at).has_value()) {
        return true;
    }
    const std::size_t word_begin = text.find_first_not_of(" \t", at + 3);
    if (word_begin != std::string_view::npos) {
        std::size_t word_end = word_begin;
        while (word_end < text.size() && word_end - word_begin < 12 &&
               core::is_ascii_alpha(text[word_end])) {
            ++word_end;
        }
        if (is_unit(core::to_lower(text.substr(word_begin, word_end - word_begin)))) {
            return false;
        }
    }
    return is_introduced(text, at);
}

/// Joins the words of a reply and keeps its code and status only once.
class ReplyJoiner {
public:
    ReplyJoiner(std::string_view code, std::string_view first) : code_(code) {
        if (const auto status = mail::EnhancedStatus::parse(first); status.has_value()) {
            status_ = first;
        }
    }

    void add(std::string_view word) {
        if (continues_ && word == code_) {
            drops_status_ = true;
            return;
        }
        if (word.size() >= 4 && word.starts_with(code_) && word[3] == '-') {
            word.remove_prefix(4);
            drops_status_ = true;
            continues_ = true;
        }
        if (drops_status_ && !status_.empty() && word == status_) {
            drops_status_ = false;
            return;
        }
        if (!word.empty()) {
            drops_status_ = false;
            text_ += ' ';
            text_ += word;
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string_view code_;
    std::string_view status_;
    std::string text_;
    bool continues_ = true;
    bool drops_status_ = false;
};

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at == text.size() || core::is_ascii_space(text[at])) {
            if (at > begin) {
                words.push_back(text.substr(begin, at - begin));
            }
            begin = at + 1;
        }
    }
    return words;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines = core::split(text, '\n');
    if (!lines.empty() && lines.back().empty()) {
        lines.pop_back();
    }
    return lines;
}

std::string_view utf8_prefix(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return text;
    }
    std::size_t end = most;
    for (int steps = 0; steps < 3 && end > 0 && core::is_continuation(text[end]); ++steps) {
        --end;
    }
    return text.substr(0, end);
}

std::string one_line(std::string_view text) {
    std::string out(text.size(), '\0');
    std::size_t end = 0;
    bool gap = false;
    for (const char c : text) {
        if (core::is_ascii_space(c)) {
            gap = end > 0;
            continue;
        }
        if (gap) {
            out[end++] = ' ';
            gap = false;
        }
        out[end++] = c;
    }
    out.resize(end);
    return out;
}

std::vector<FoundAddress> find_addresses(std::string_view text, std::size_t most) {
    std::vector<FoundAddress> found;
    std::size_t at = text.find('@');
    while (at != std::string_view::npos && found.size() < most) {
        const std::size_t begin = local_begin(text, at);
        const std::size_t end = domain_end(text, at + 1);
        if (begin < at && end > at + 1) {
            found.push_back({.begin = begin, .end = end, .text = text.substr(begin, end - begin)});
        }
        at = text.find('@', at + 1);
    }
    return found;
}

std::string_view first_address(std::string_view text) {
    const std::vector<FoundAddress> found = find_addresses(text, 1);
    return found.empty() ? std::string_view{} : found.front().text;
}

std::optional<std::size_t> find_reply(std::string_view text, ReplyContext context) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_code_at(text, at) &&
            (context == ReplyContext::Field || is_reply_in_prose(text, at))) {
            return at;
        }
    }
    return std::nullopt;
}

std::optional<mail::SmtpReply> reply_at(std::string_view text, std::size_t at) {
    text = text.substr(std::min(at, text.size()), kLongestReply);
    if (!is_code_at(text, 0)) {
        return std::nullopt;
    }
    // "550 550 No such user": the reporting system repeated the code.
    while (text.size() > 8 && text[3] == ' ' && text.substr(4).starts_with(text.substr(0, 4))) {
        text.remove_prefix(4);
    }
    const int code = ((text[0] - '0') * 100) + ((text[1] - '0') * 10) + (text[2] - '0');
    std::optional<mail::EnhancedStatus> status = status_behind(text, 0);
    std::string_view rest = core::trim(text.substr(3));
    while (!rest.empty() && (rest.front() == '-' || rest.front() == ':' || rest.front() == ' ' ||
                             rest.front() == ',' || rest.front() == ';' || rest.front() == '.' ||
                             rest.front() == ')' || rest.front() == ']' || rest.front() == '>')) {
        rest.remove_prefix(1);
    }
    if (status.has_value() && rest.starts_with(status->text())) {
        rest = core::trim(rest.substr(status->text().size()));
    } else if (!status.has_value()) {
        status = mail::EnhancedStatus::find_in(rest.substr(0, 512));
        if (status.has_value() && status->status_class() != code / 100) {
            status.reset();
        }
    }
    const auto reply = mail::SmtpReply::make(code, status, rest);
    return reply.has_value() ? std::optional(*reply) : std::nullopt;
}

std::optional<mail::SmtpReply> quoted_reply(std::string_view text, ReplyContext context) {
    // Line ends count as an introduction, so they are looked at before the lines are joined.
    const std::optional<std::size_t> at = find_reply(text, context);
    if (!at.has_value()) {
        return std::nullopt;
    }
    return reply_at(join_reply_lines(text.substr(*at, kLongestReply)), 0);
}

std::string join_reply_lines(std::string_view text) {
    const std::vector<std::string_view> words = words_of(text);
    const auto first = std::ranges::find_if(words, [](std::string_view word) {
        return word.size() >= 4 && is_code_at(word, 0) && word[3] == '-';
    });
    if (first == words.end()) {
        return one_line(text);
    }
    const std::string_view code = first->substr(0, 3);
    std::string joined;
    for (auto word = words.begin(); word != first; ++word) {
        joined += *word;
        joined += ' ';
    }
    joined += code;
    ReplyJoiner rest(code, first->substr(4));
    if (first->size() > 4) {
        joined += ' ';
        joined += first->substr(4);
    }
    for (auto word = first + 1; word != words.end(); ++word) {
        rest.add(*word);
    }
    return joined + rest.text();
}

}  // namespace holdback::reading
