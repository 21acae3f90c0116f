// SPDX-License-Identifier: Apache-2.0
#include "reading/html_text.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::reading {

namespace {

constexpr std::size_t kLongestReference = 32;

constexpr auto kNamedCharacters = std::to_array<std::pair<std::string_view, std::uint32_t>>({
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},    {"nbsp", ' '},      {"copy", 0xa9},     {"reg", 0xae},
    {"laquo", 0xab},   {"raquo", 0xbb},    {"middot", 0xb7},   {"iexcl", 0xa1},
    {"iquest", 0xbf},  {"sect", 0xa7},     {"deg", 0xb0},      {"szlig", 0xdf},
    {"agrave", 0xe0},  {"aacute", 0xe1},   {"acirc", 0xe2},    {"atilde", 0xe3},
    {"auml", 0xe4},    {"aring", 0xe5},    {"aelig", 0xe6},    {"ccedil", 0xe7},
    {"egrave", 0xe8},  {"eacute", 0xe9},   {"ecirc", 0xea},    {"euml", 0xeb},
    {"igrave", 0xec},  {"iacute", 0xed},   {"icirc", 0xee},    {"iuml", 0xef},
    {"ntilde", 0xf1},  {"ograve", 0xf2},   {"oacute", 0xf3},   {"ocirc", 0xf4},
    {"otilde", 0xf5},  {"ouml", 0xf6},     {"oslash", 0xf8},   {"ugrave", 0xf9},
    {"uacute", 0xfa},  {"ucirc", 0xfb},    {"uuml", 0xfc},     {"Agrave", 0xc0},
    {"Aacute", 0xc1},  {"Auml", 0xc4},     {"Aring", 0xc5},    {"Ccedil", 0xc7},
    {"Egrave", 0xc8},  {"Eacute", 0xc9},   {"Ntilde", 0xd1},   {"Oacute", 0xd3},
    {"Ouml", 0xd6},    {"Oslash", 0xd8},   {"Uacute", 0xda},   {"Uuml", 0xdc},
    {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},
    {"sbquo", 0x201a}, {"ldquo", 0x201c},  {"rdquo", 0x201d},  {"bdquo", 0x201e},
    {"bull", 0x2022},  {"hellip", 0x2026}, {"lsaquo", 0x2039}, {"rsaquo", 0x203a},
    {"euro", 0x20ac},  {"trade", 0x2122},  {"larr", 0x2190},   {"rarr", 0x2192},
    {"commat", '@'},   {"period", '.'},    {"colon", ':'},     {"lpar", '('},
    {"rpar", ')'},     {"num", '#'},       {"ensp", ' '},      {"emsp", ' '},
});

constexpr auto kLineBreakers = std::to_array<std::string_view>(
    {"address", "article", "blockquote", "body",    "br",     "center", "dd",   "div",
     "dl",      "dt",      "fieldset",   "footer",  "form",   "h1",     "h2",   "h3",
     "h4",      "h5",      "h6",         "head",    "header", "hr",     "html", "li",
     "ol",      "p",       "pre",        "section", "table",  "tbody",  "td",   "tfoot",
     "th",      "thead",   "title",      "tr",      "ul"});

constexpr auto kHiddenElements =
    std::to_array<std::string_view>({"script", "style", "title", "template", "noscript"});

/// Elements without an end tag.
constexpr auto kEmptyElements = std::to_array<std::string_view>(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"});

/// True when this tag hides its element.
bool is_hidden_tag(std::string_view inside) {
    std::string bare;
    bool hidden_word = false;
    const std::string lower = core::to_lower(inside);
    for (const std::string_view word : core::split(lower, ' ')) {
        hidden_word = hidden_word || word == "hidden" || word.starts_with("hidden=");
    }
    for (const char c : inside) {
        if (!core::is_ascii_space(c)) {
            bare += core::ascii_lower(c);
        }
    }
    const std::size_t style = bare.find("style=");
    if (hidden_word || style == std::string::npos) {
        return hidden_word;
    }
    const std::string_view rules = std::string_view(bare).substr(style);
    constexpr std::string_view kNoSize = "font-size:0";
    const std::size_t size = rules.find(kNoSize);
    const std::string_view behind =
        size == std::string_view::npos ? "." : rules.substr(size + kNoSize.size());
    const bool no_size =
        behind.empty() || (behind.front() != '.' && !core::is_ascii_digit(behind.front()));
    return no_size || rules.contains("display:none") || rules.contains("visibility:hidden") ||
           rules.contains("mso-hide:all");
}

std::optional<std::uint32_t> numeric_character(std::string_view digits) {
    std::uint32_t base = 10;
    if (!digits.empty() && core::ascii_lower(digits.front()) == 'x') {
        base = 16;
        digits.remove_prefix(1);
    }
    if (digits.empty() || digits.size() > 8) {
        return std::nullopt;
    }
    std::uint32_t code = 0;
    for (const char raw : digits) {
        const char c = core::ascii_lower(raw);
        std::uint32_t digit = base;
        if (core::is_ascii_digit(c)) {
            digit = static_cast<std::uint32_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<std::uint32_t>(c - 'a') + 10;
        }
        if (digit >= base || code > 0x10ffff) {
            return std::nullopt;
        }
        code = code * base + digit;
    }
    const bool is_character = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return is_character ? std::optional(code) : std::nullopt;
}

std::optional<std::uint32_t> referenced_character(std::string_view name) {
    if (!name.empty() && name.front() == '#') {
        const std::optional<std::uint32_t> code = numeric_character(name.substr(1));
        return code == 0xa0U ? std::optional<std::uint32_t>(' ') : code;
    }
    const auto* const found = std::ranges::find(
        kNamedCharacters, name, &std::pair<std::string_view, std::uint32_t>::first);
    return found == kNamedCharacters.end() ? std::nullopt : std::optional(found->second);
}

/// Reads a document from front to back. A search that failed once is not repeated.
class HtmlReader {
public:
    HtmlReader(std::string_view html, HtmlParts parts) : html_(html), parts_(parts) {
        text_.reserve(html.size() / 2);
    }

    std::string read() && {
        while (at_ < html_.size()) {
            const char c = html_[at_];
            if (c == '<' && read_markup()) {
                continue;
            }
            if (left_out_depth_ > 0) {
                ++at_;
                continue;
            }
            if (c == '&' && read_reference()) {
                continue;
            }
            put(c);
            ++at_;
        }
        while (text_.ends_with(' ')) {
            text_.pop_back();
        }
        return std::move(text_);
    }

private:
    void put(char c) {
        if (preformatted_) {
            if (c != '\r') {
                text_.push_back(c);
            }
        } else if (!core::is_ascii_space(c)) {
            text_.push_back(c);
        } else if (!text_.empty() && text_.back() != ' ' && text_.back() != '\n') {
            text_.push_back(' ');
        }
    }

    void end_line() {
        while (!text_.empty() && text_.back() == ' ') {
            text_.pop_back();
        }
        const bool second_empty_line = text_.size() >= 2 && text_.ends_with("\n\n");
        if (!text_.empty() && !second_empty_line) {
            text_.push_back('\n');
        }
    }

    /// Reads a reference at `at_`; false when it is a plain ampersand.
    bool read_reference() {
        const std::string_view rest = html_.substr(at_ + 1, kLongestReference);
        std::size_t length = 0;
        while (length < rest.size() &&
               (core::is_ascii_alpha(rest[length]) || core::is_ascii_digit(rest[length]) ||
                (length == 0 && rest[length] == '#'))) {
            ++length;
        }
        const std::optional<std::uint32_t> code = referenced_character(rest.substr(0, length));
        if (!code.has_value()) {
            return false;
        }
        if (*code == ' ' || *code == '\n' || *code == '\r' || *code == '\t') {
            put(' ');
        } else {
            core::append_utf8(text_, *code);
        }
        const bool closed = length < rest.size() && rest[length] == ';';
        at_ += 1 + length + (closed ? 1U : 0U);
        return true;
    }

    /// Reads a tag, comment or declaration at `at_`; false when it is text.
    bool read_markup() {
        if (html_.substr(at_).starts_with("<!--")) {
            const std::size_t end =
                comments_end_ ? html_.find("-->", at_ + 4) : std::string_view::npos;
            if (end != std::string_view::npos) {
                at_ = end + 3;
                return true;
            }
            comments_end_ = false;
        }
        // A tag with a "<" inside is text. So no octet is looked at from more than one "<".
        const std::size_t end = html_.find_first_of("<>", at_ + 1);
        if (end == std::string_view::npos || html_[end] == '<') {
            return false;
        }
        const std::string_view inside = html_.substr(at_ + 1, end - at_ - 1);
        if (!is_tag(inside)) {
            return false;
        }
        at_ = end + 1;
        read_tag(inside);
        return true;
    }

    static bool is_tag(std::string_view inside) {
        if (inside.empty()) {
            return false;
        }
        const char first = inside.front();
        if (first == '!' || first == '?' || first == '/') {
            return true;
        }
        if (!core::is_ascii_alpha(first)) {
            return false;
        }
        for (const char c : inside) {
            if (core::is_ascii_space(c) || c == '/' || c == ':') {
                return true;
            }
            if (c == '@') {
                return false;
            }
        }
        return true;
    }

    void read_tag(std::string_view inside) {
        const bool closes = inside.front() == '/';
        inside.remove_prefix(closes ? 1 : 0);
        std::size_t length = 0;
        while (length < inside.size() &&
               (core::is_ascii_alpha(inside[length]) || core::is_ascii_digit(inside[length]))) {
            ++length;
        }
        const std::string name =
            core::to_lower(inside.substr(0, std::min<std::size_t>(length, 16)));
        if (left_out_depth_ > 0 || leaves_out(name, inside, closes)) {
            follow_left_out(name, closes);
            return;
        }
        if (name == "pre") {
            end_line();
            preformatted_ = !closes;
        } else if (std::ranges::find(kLineBreakers, name) != kLineBreakers.end()) {
            end_line();
            if (name == "p") {
                end_line();
            }
        }
        if (!closes && std::ranges::find(kHiddenElements, name) != kHiddenElements.end()) {
            skip_element(name);
        }
    }

    /// True when this tag begins an element that is not wanted.
    [[nodiscard]] bool leaves_out(std::string_view name,
                                  std::string_view inside,
                                  bool closes) const {
        return parts_ == HtmlParts::Own && !closes && !inside.ends_with('/') &&
               std::ranges::find(kEmptyElements, name) == kEmptyElements.end() &&
               (name == "blockquote" || is_hidden_tag(inside));
    }

    /// Elements of one name may be nested. The last end tag ends the part that is left out.
    void follow_left_out(const std::string& name, bool closes) {
        if (left_out_depth_ == 0) {
            end_line();
            left_out_ = name;
        }
        if (name == left_out_) {
            left_out_depth_ = closes ? left_out_depth_ - 1 : left_out_depth_ + 1;
        }
    }

    /// Moves behind the end tag of an element whose content nobody sees.
    void skip_element(std::string_view name) {
        while (hidden_end_) {
            const std::size_t end = html_.find("</", at_);
            if (end == std::string_view::npos) {
                hidden_end_ = false;
                return;
            }
            at_ = end;
            if (core::starts_with_ignoring_case(html_.substr(end + 2), name)) {
                return;
            }
            at_ += 2;
        }
    }

    std::string_view html_;
    HtmlParts parts_;
    std::string left_out_;  // name of the element that is not wanted
    std::size_t left_out_depth_ = 0;
    std::string text_;
    std::size_t at_ = 0;
    bool preformatted_ = false;
    bool comments_end_ = true;
    bool hidden_end_ = true;
};

}  // namespace

std::string html_to_text(std::string_view html, HtmlParts parts) {
    return HtmlReader(html, parts).read();
}

}  // namespace holdback::reading
