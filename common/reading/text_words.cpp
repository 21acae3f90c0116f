// SPDX-License-Identifier: Apache-2.0
#include "reading/text_words.hpp"

#include "core/plain_letters.hpp"
#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
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

/// One character of UTF-8 text: its number and its octets.
struct Character {
    char32_t value;
    std::size_t size;
};

/// The text must be valid UTF-8, and a character must begin at `at`.
Character character_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t size = 1;
    char32_t value = lead;
    if (lead >= 0xF0) {
        size = 4;
        value = lead & 0x07U;
    } else if (lead >= 0xE0) {
        size = 3;
        value = lead & 0x0FU;
    } else if (lead >= 0xC0) {
        size = 2;
        value = lead & 0x1FU;
    }
    size = std::min(size, text.size() - at);
    for (std::size_t i = 1; i < size; ++i) {
        value = (value << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    return {value, size};
}

bool is_within(char32_t value, char32_t first, char32_t last) {
    return first <= value && value <= last;
}

/// True for scripts without spaces between words, and for Hangul, which joins endings to words.
bool stands_alone(char32_t value) {
    return is_within(value, 0x0E00, 0x0E7F) || is_within(value, 0x3041, 0x30FF) ||
           is_within(value, 0x3400, 0x9FFF) || is_within(value, 0xAC00, 0xD7AF) ||
           is_within(value, 0xF900, 0xFAFF) || is_within(value, 0x20000, 0x3FFFF);
}

/// True for a letter, digit or mark of any script. Other characters separate words.
bool is_letter(char32_t value) {
    if (value < 0x80) {
        const char c = static_cast<char>(value);
        return core::is_ascii_alpha(c) || core::is_ascii_digit(c);
    }
    const bool sign = value < 0xC0 && value != 0xAA && value != 0xBA && value != 0xB5;
    return !sign && !is_within(value, 0x2000, 0x2BFF) && !is_within(value, 0x3000, 0x303F) &&
           !is_within(value, 0xFE10, 0xFE6F) && !is_within(value, 0xFF00, 0xFF0F) &&
           !is_within(value, 0xFF1A, 0xFF20) && !is_within(value, 0xFF3B, 0xFF40) &&
           !is_within(value, 0xFF5B, 0xFF65) && value != 0xFFFD && value != 0xD7 && value != 0xF7;
}

/// True for full stops, brackets and the like of East Asian scripts.
bool ends_clause(char32_t value) {
    switch (value) {
        case 0x3002:  // full stop
        case 0xFF01:  // exclamation mark
        case 0xFF08:  // brackets
        case 0xFF09:
        case 0xFF0E:
        case 0xFF1A:  // colon
        case 0xFF1B:  // semicolon
        case 0xFF1F:  // question mark
        case 0xFF61:
        case 0x3010:
        case 0x3011:
            return true;
        default:
            return false;
    }
}

/// The octets of an apostrophe in any spelling at `at`; 0 for none.
std::size_t apostrophe_at(std::string_view text, std::size_t at) {
    if (text[at] == '\'' || text[at] == '`') {
        return 1;
    }
    const std::string_view rest = text.substr(at);
    return rest.starts_with("\xE2\x80\x98") || rest.starts_with("\xE2\x80\x99") ? 3 : 0;
}

/// True for articles and the like that French and Italian join to the next word by an apostrophe.
bool is_elided(std::string_view word) {
    static constexpr auto kElided = std::to_array<std::string_view>({"l",
                                                                     "d",
                                                                     "qu",
                                                                     "s",
                                                                     "j",
                                                                     "c",
                                                                     "m",
                                                                     "t",
                                                                     "dell",
                                                                     "all",
                                                                     "nell",
                                                                     "sull",
                                                                     "dall",
                                                                     "un",
                                                                     "quest"});
    return std::ranges::find(kElided, word) != kElided.end();
}

/// How strongly a clause ends in front of a word.
enum class Cut : std::uint8_t { None, Bracket, Stop, Colon };

bool is_domain_octet(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '.' || c == '-' || c == '_';
}

/// True for the octets of names and numbers.
bool is_name_octet(char c) {
    return is_domain_octet(c) || c == '+' || c == '=' || c == '%' || c == '#' || c == '$' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// True for four numbers with dots, like "192.0.2.1".
bool is_ipv4(std::string_view text) {
    const auto parts = core::split(text, '.');
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               return !part.empty() && part.size() <= 3 &&
                      std::ranges::all_of(part, core::is_ascii_digit);
           });
}

bool is_hex_or_colon(char c) {
    const char lower = core::ascii_lower(c);
    return core::is_ascii_digit(c) || c == ':' || (lower >= 'a' && lower <= 'f');
}

/// True for "mx.example.net": at least two labels, the last one of letters.
bool is_domain_name(std::string_view text) {
    const auto labels = core::split(text, '.');
    return labels.size() >= 2 && labels.back().size() >= 2 &&
           std::ranges::none_of(labels, &std::string_view::empty) &&
           std::ranges::all_of(labels.back(), core::is_ascii_alpha);
}

class Cutter {
public:
    explicit Cutter(std::string_view text) {
        out_.text = core::to_valid_utf8(text.substr(0, kRuleTextOctets));
        folded_ = core::to_lower_utf8(out_.text);
        find_line_code();
    }

    TextWords cut() {
        while (at_ < folded_.size()) {
            if (!read_line_code() && !read_special()) {
                read_character();
            }
        }
        make_clauses();
        return std::move(out_);
    }

private:
    [[nodiscard]] std::string_view rest() const { return std::string_view(folded_).substr(at_); }

    /// Finds "550" when the text begins a multi-line reply: "550-5.1.1 ...".
    void find_line_code() {
        for (std::size_t at = 0; at + 3 < folded_.size(); ++at) {
            if (is_code_at(at)) {
                if (folded_[at + 3] == '-') {
                    line_code_ = folded_.substr(at, 3);
                }
                return;
            }
        }
    }

    [[nodiscard]] bool is_code_at(std::size_t at) const {
        const bool begins = at == 0 || core::is_ascii_space(folded_[at - 1]) ||
                            folded_[at - 1] == '<' || folded_[at - 1] == ';' ||
                            folded_[at - 1] == '"' || folded_[at - 1] == '\'';
        return begins && at + 3 < folded_.size() && (folded_[at] == '4' || folded_[at] == '5') &&
               core::is_ascii_digit(folded_[at + 1]) && core::is_ascii_digit(folded_[at + 2]) &&
               (folded_[at + 3] == '-' || folded_[at + 3] == ' ');
    }

    /// Skips the code and status that begin a line of a multi-line reply.
    bool read_line_code() {
        if (line_code_.empty() || !rest().starts_with(line_code_) || !is_code_at(at_)) {
            return false;
        }
        at_ += 4;
        std::size_t end = at_;
        while (end < folded_.size() &&
               (core::is_ascii_digit(folded_[end]) || folded_[end] == '.')) {
            ++end;
        }
        if (mail::EnhancedStatus::parse(rest().substr(0, end - at_)).has_value()) {
            at_ = end;
        }
        end_line();
        ++line_;
        return true;
    }

    /// Ends the clause unless the next line goes on in small letters.
    void end_line() {
        std::size_t next = at_;
        while (next < folded_.size() &&
               (folded_[next] == ' ' || folded_[next] == '\t' || folded_[next] == '\r')) {
            ++next;
        }
        if (next == folded_.size() || folded_[next] == '\n') {
            set_cut(Cut::Stop);
            return;
        }
        const char32_t value = character_at(folded_, next).value;
        const bool capital = out_.text[next] != folded_[next] ||
                             (static_cast<unsigned char>(folded_[next]) >= 0x80 &&
                              out_.text.substr(next, 2) != folded_.substr(next, 2));
        const bool goes_on = is_letter(value) && !capital && !core::is_ascii_digit(folded_[next]);
        // A code of the reply may stand in front of the words of the line.
        if (!goes_on && folded_[next] != '<' && !is_code_at(next)) {
            set_cut(Cut::Stop);
        }
    }

    void set_cut(Cut cut) { cut_ = std::max(cut_, cut); }

    /// Reads names, addresses, numbers and codes: what is made of more than letters.
    bool read_special() {
        const char c = folded_[at_];
        const bool begins = at_ == 0 || !is_name_octet(folded_[at_ - 1]);
        if (!begins || (!is_name_octet(c) && c != ':')) {
            return false;
        }
        const std::string_view text = rest();
        const std::size_t url = url_size(text);
        if (url > 0) {
            add(WordKind::Url, url);
            return true;
        }
        const std::size_t address = address_size(text);
        if (address > 0) {
            add(WordKind::Address, address);
            return true;
        }
        if (read_ipv6(text)) {
            return true;
        }
        return c != ':' && read_dotted(text);
    }

    static std::size_t url_size(std::string_view text) {
        const std::size_t scheme = std::min(text.substr(0, 12).find("://"), text.size());
        const bool has_scheme = scheme > 0 && scheme < text.size() &&
                                std::ranges::all_of(text.substr(0, scheme), core::is_ascii_alpha);
        if (!has_scheme && !text.starts_with("www.") && !text.starts_with("mailto:")) {
            return 0;
        }
        std::size_t end = 0;
        while (end < text.size() && !core::is_ascii_space(text[end]) && text[end] != '>' &&
               text[end] != '"' && text[end] != ')' && text[end] != ']') {
            ++end;
        }
        while (end > 0 && (text[end - 1] == '.' || text[end - 1] == ',')) {
            --end;
        }
        return end;
    }

    static std::size_t address_size(std::string_view text) {
        std::size_t at = 0;
        while (at < text.size() && (is_name_octet(text[at]) || text[at] == '/' || text[at] == '!' ||
                                    text[at] == '\'' || text[at] == '*')) {
            ++at;
        }
        if (at == 0 || at >= text.size() || text[at] != '@') {
            return 0;
        }
        std::size_t end = at + 1;
        if (end < text.size() && text[end] == '[') {
            const std::size_t close = text.find(']', end);
            return close == std::string_view::npos ? 0 : close + 1;
        }
        while (end < text.size() && is_name_octet(text[end])) {
            ++end;
        }
        while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) {
            --end;
        }
        return end > at + 1 ? end : 0;
    }

    bool read_ipv6(std::string_view text) {
        std::size_t end = 0;
        while (end < text.size() && is_hex_or_colon(text[end])) {
            ++end;
        }
        const std::string_view found = text.substr(0, end);
        const bool begins = !found.starts_with(':') || found.starts_with("::");
        // "10:20:30" is a time, ":25:" a port.
        const bool address =
            begins && found.find_first_not_of(':') != std::string_view::npos &&
            (std::ranges::count(found, ':') >= 3 || found.find("::") != std::string_view::npos);
        if (!address) {
            return false;
        }
        add(WordKind::Ip, found.ends_with(':') && !found.ends_with("::") ? end - 1 : end);
        return true;
    }

    /// Reads numbers, statuses, IP addresses and names with dots.
    bool read_dotted(std::string_view text) {
        std::size_t end = 0;
        while (end < text.size() && is_domain_octet(text[end])) {
            ++end;
        }
        while (end > 0 && (text[end - 1] == '.' || text[end - 1] == '-' || text[end - 1] == '_')) {
            --end;
        }
        const std::string_view found = text.substr(0, end);
        if (end == 0) {
            return false;
        }
        const bool is_reply = found.size() == 3 && is_code_at(at_);
        if (is_reply || mail::EnhancedStatus::parse(found).has_value()) {
            add(WordKind::Code, end);
        } else if (found.size() > 4 && found[3] == '-' && is_code_at(at_)) {
            add(WordKind::Code, 4);
        } else if (is_ipv4(found)) {
            add(WordKind::Ip, end);
        } else if (std::ranges::all_of(found, core::is_ascii_digit)) {
            add(WordKind::Number, end);
        } else if (is_domain_name(found)) {
            add(WordKind::Domain, end);
        } else {
            return false;
        }
        return true;
    }

    void add(WordKind kind, std::size_t size) {
        TextWord word;
        word.text = folded_.substr(at_, size);
        word.kind = kind;
        word.begin = static_cast<std::uint32_t>(at_);
        word.end = static_cast<std::uint32_t>(at_ + size);
        close_word(std::move(word));
        at_ += size;
    }

    void close_word(TextWord word) {
        word.line = line_;
        word.commas = commas_;
        words_.push_back(std::move(word));
        cuts_.push_back(cut_);
        cut_ = Cut::None;
    }

    void read_character() {
        const Character here = character_at(folded_, at_);
        if (stands_alone(here.value)) {
            add(WordKind::Word, here.size);
            words_.back().alone = true;
        } else if (is_letter(here.value)) {
            read_word();
        } else {
            read_mark(here);
        }
    }

    /// Reads letters with apostrophes and hyphens between them.
    void read_word() {
        TextWord word;
        word.begin = static_cast<std::uint32_t>(at_);
        while (at_ < folded_.size()) {
            const Character here = character_at(folded_, at_);
            if (is_letter(here.value) && !stands_alone(here.value)) {
                core::append_plain(word.text, here.value);
                at_ += here.size;
                word.end = static_cast<std::uint32_t>(at_);
                continue;
            }
            const std::size_t glue = folded_[at_] == '-' ? 1 : apostrophe_at(folded_, at_);
            const std::size_t behind = at_ + glue;
            if (glue == 0 || behind >= folded_.size() ||
                !is_letter(character_at(folded_, behind).value)) {
                break;
            }
            at_ = behind;
            if (folded_[at_ - 1] != '-' && is_elided(word.text)) {
                break;
            }
        }
        close_word(std::move(word));
    }

    void read_mark(const Character& mark) {
        const std::size_t behind = at_ + mark.size;
        const bool at_end = behind >= folded_.size() || !is_name_octet(folded_[behind]);
        if (ends_clause(mark.value)) {
            set_cut(mark.value == 0xFF1A ? Cut::Colon : Cut::Stop);
        } else if (mark.size == 1) {
            read_ascii_mark(folded_[at_], at_end);
        } else if ((mark.value == 0x2013 || mark.value == 0x2014) && at_end) {
            set_cut(Cut::Stop);
        }
        at_ = behind;
    }

    void read_ascii_mark(char mark, bool at_end) {
        switch (mark) {
            case ',':
                ++commas_;
                break;
            case ':':
                set_cut(Cut::Colon);
                break;
            case ';':
            case '|':
                set_cut(Cut::Stop);
                break;
            case '.':
            case '!':
            case '?':
                if (at_end) {
                    set_cut(Cut::Stop);
                }
                break;
            case '-':
                if (at_end && at_ > 0 && !is_name_octet(folded_[at_ - 1])) {
                    set_cut(Cut::Stop);
                }
                break;
            case '(':
            case ')':
            case '[':
            case ']':
            case '{':
            case '}':
                set_cut(Cut::Bracket);
                break;
            case '\n':
                ++at_;
                end_line();
                --at_;
                break;
            default:
                break;
        }
    }

    /// Brackets around one word do not end a clause, nor does a bracket beside a name or a number.
    void join_brackets() {
        const auto is_bracket = [this](std::size_t i) {
            return i < cuts_.size() && cuts_[i] == Cut::Bracket;
        };
        for (std::size_t i = 0; i < words_.size(); ++i) {
            const bool one_word = is_bracket(i) && is_bracket(i + 1);
            if (words_[i].kind == WordKind::Word && !one_word) {
                continue;
            }
            for (const std::size_t side : {i, i + 1}) {
                if (is_bracket(side)) {
                    cuts_[side] = Cut::None;
                }
            }
        }
    }

    void make_clauses() {
        join_brackets();
        for (std::size_t i = 0; i < words_.size(); ++i) {
            if (i == 0 || cuts_[i] != Cut::None) {
                if (!out_.clauses.empty()) {
                    out_.clauses.back().introduces = cuts_[i] == Cut::Colon;
                }
                out_.clauses.emplace_back();
            }
            words_[i].clause = static_cast<std::uint32_t>(out_.clauses.size() - 1);
        }
        out_.words = std::move(words_);
    }

    TextWords out_;
    std::string folded_;
    std::string line_code_;
    std::vector<TextWord> words_;
    std::vector<Cut> cuts_;  ///< one per word: what stands in front of it
    std::size_t at_ = 0;
    std::uint32_t line_ = 0;
    std::uint32_t commas_ = 0;
    Cut cut_ = Cut::None;
};

}  // namespace

std::string_view TextWords::between(std::size_t first, std::size_t last) const {
    const std::size_t begin = words[first].begin;
    return std::string_view(text).substr(begin, words[last].end - begin);
}

TextWords words_of(std::string_view text) {
    return Cutter(text).cut();
}

}  // namespace holdback::reading
