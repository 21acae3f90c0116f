// SPDX-License-Identifier: Apache-2.0
#include "config/pattern_table.hpp"

#include "config/table_lines.hpp"
#include "core/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::config {

namespace {

bool is_delimiter(char c) {
    return !core::is_ascii_alpha(c) && !core::is_ascii_digit(c) && !core::is_ascii_space(c) &&
           !core::is_non_ascii(c) && c != '\\' && c != '!';
}

/// Takes "/pattern/flags" off the text; false when there is none.
bool take_pattern(std::string_view& text, PatternLine& line) {
    while (text.starts_with('!')) {
        line.negated = !line.negated;
        text = core::trim(text.substr(1));
    }
    if (text.empty() || !is_delimiter(text.front())) {
        return false;
    }
    const char delimiter = text.front();
    std::size_t end = 1;
    while (end < text.size() && text[end] != delimiter) {
        end += text[end] == '\\' ? 2U : 1U;
    }
    if (end >= text.size()) {
        return false;
    }
    line.pattern = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    std::size_t flags = 0;
    while (flags < text.size() && !core::is_ascii_space(text[flags])) {
        ++flags;
    }
    line.flags = text.substr(0, flags);
    text = core::trim(text.substr(flags));
    return true;
}

PatternLine parse_line(std::string_view text) {
    PatternLine line;
    std::string_view rest = text;
    const auto is_word = [&](std::string_view word) {
        return core::starts_with_ignoring_case(text, word) &&
               (text.size() == word.size() || core::is_ascii_space(text[word.size()]) ||
                is_delimiter(text[word.size()]) || text[word.size()] == '!');
    };
    if (is_word("endif")) {
        line.kind = PatternLine::Kind::EndIf;
        return line;
    }
    const bool is_if = is_word("if");
    if (is_if) {
        rest = core::trim(rest.substr(2));
    }
    if (take_pattern(rest, line)) {
        line.kind = is_if ? PatternLine::Kind::If : PatternLine::Kind::Match;
        line.result = rest;
    }
    return line;
}

bool has_only(std::string_view flags, std::string_view known) {
    return flags.find_first_not_of(known) == std::string_view::npos;
}

/// A flag toggles, so that it counts when it stands there an odd number of times.
bool toggles(std::string_view flags, char flag) {
    bool is_set = false;
    for (const char c : flags) {
        is_set = is_set != (c == flag);
    }
    return is_set;
}

/// True for POSIX patterns that RE2 reads in another way: other escapes than those of characters
/// that are no letters or digits and of the classes that both know, and "{,n}".
bool differs_from_posix(std::string_view pattern) {
    constexpr std::string_view kSameEscapes = "wWsSbB";
    constexpr std::string_view kGnuAnchors = "<>`'";
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
        const char next = pattern[i + 1];
        if (pattern[i] == '{' && next == ',') {
            return true;
        }
        if (pattern[i] != '\\') {
            continue;
        }
        const bool is_name = core::is_ascii_alpha(next) || core::is_ascii_digit(next);
        if ((is_name && kSameEscapes.find(next) == std::string_view::npos) ||
            kGnuAnchors.find(next) != std::string_view::npos) {
            return true;
        }
        ++i;
    }
    return pattern.find("(?") != std::string_view::npos;
}

std::string in_group(std::string_view modifiers, std::string_view pattern) {
    std::string source;
    source.reserve(pattern.size() + modifiers.size() + 6);
    source.append("(?").append(modifiers).append(":").append(pattern).append(")");
    return source;
}

/// The text that "$1", "${1}" or "$(1)" at the start of `text` stands for, and its length; nullopt
/// when it is none of these.
std::optional<std::pair<std::string, std::size_t>> group_at(
    std::string_view text, const std::vector<std::string>& groups) {
    std::size_t at = 1;
    char closing = '\0';
    if (text.size() > at && (text[at] == '{' || text[at] == '(')) {
        closing = text[at++] == '{' ? '}' : ')';
    }
    std::size_t end = at;
    while (end < text.size() && core::is_ascii_digit(text[end])) {
        ++end;
    }
    const auto number = core::parse_decimal(text.substr(at, end - at));
    if (!number.has_value() || (closing != '\0' && (end == text.size() || text[end] != closing))) {
        return std::nullopt;
    }
    return std::pair(*number < groups.size() ? groups[*number] : std::string(),
                     closing == '\0' ? end : end + 1);
}

std::string filled_in(std::string_view result, const std::vector<std::string>& groups) {
    std::string text;
    while (!result.empty()) {
        const std::size_t dollar = result.find('$');
        text += result.substr(0, dollar);
        if (dollar == std::string_view::npos) {
            break;
        }
        result.remove_prefix(dollar);
        if (const auto group = group_at(result, groups)) {
            text += group->first;
            result.remove_prefix(group->second);
        } else {
            text += '$';
            result.remove_prefix(result.starts_with("$$") ? 2 : 1);
        }
    }
    return text;
}

}  // namespace

std::vector<PatternLine> parse_pattern_lines(std::string_view text) {
    std::vector<PatternLine> lines;
    for (const TableLine& each : table_lines(text)) {
        PatternLine line = parse_line(each.text);
        line.line = each.line;
        lines.push_back(std::move(line));
    }
    return lines;
}

std::optional<std::string> re2_source(const PatternLine& line, PatternDialect dialect) {
    // Letter case does not count unless the flag says so.
    const std::string_view letters = toggles(line.flags, 'i') ? "-i" : "i";
    if (dialect == PatternDialect::Regexp) {
        // "x" asks for basic expressions, which are another language.
        if (!has_only(line.flags, "imx") || toggles(line.flags, 'x') ||
            differs_from_posix(line.pattern)) {
            return std::nullopt;
        }
        return in_group(letters, line.pattern);
    }
    // "m", "s" and "E" make a difference only in texts with line ends. "x" and "U" are another
    // language.
    if (!has_only(line.flags, "imsAEX")) {
        return std::nullopt;
    }
    const std::string source = in_group(letters, line.pattern);
    return toggles(line.flags, 'A') ? "^" + source : source;
}

TableAnswer ask_patterns(const std::vector<PatternRule>& rules, std::string_view text) {
    std::size_t skipped = 0;  // how many "if" are open, the first of which does not hold
    for (const PatternRule& rule : rules) {
        const bool is_if = rule.kind == PatternLine::Kind::If;
        if (rule.kind == PatternLine::Kind::EndIf) {
            skipped -= skipped > 0 ? 1 : 0;
            continue;
        }
        if (skipped > 0) {
            skipped += is_if ? 1 : 0;
            continue;
        }
        if (!rule.match) {
            return TableIsUnread{};
        }
        const PatternGroups groups = rule.match(text);
        const bool holds = groups.has_value() != rule.negated;
        if (is_if) {
            skipped = holds ? 0 : 1;
        } else if (holds) {
            return filled_in(rule.result, groups.value_or(std::vector<std::string>{}));
        }
    }
    return NotInTable{};
}

}  // namespace holdback::config
