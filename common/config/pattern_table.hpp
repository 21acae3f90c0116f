// SPDX-License-Identifier: Apache-2.0
#pragma once
// Postfix's tables of patterns (regexp_table(5), pcre_table(5)): their lines, and the value that
// they give for a text.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::config {

enum class PatternDialect : std::uint8_t { Regexp, Pcre };

/// One line: "/pattern/flags result", "if /pattern/flags", or "endif". "!" before a pattern negates
/// it.
struct PatternLine {
    enum class Kind : std::uint8_t {
        Match,
        If,
        EndIf,
        Broken,  ///< Postfix would not understand it either, or only we don't
    };

    Kind kind = Kind::Broken;
    bool negated = false;
    std::string pattern;  ///< without delimiters
    std::string flags;
    std::string result;
    int line = 0;  ///< the first line of the file that it is on

    bool operator==(const PatternLine&) const = default;
};

/// The lines of a table. A line that begins with white space continues the one before it; lines
/// that begin with `#` are comments.
[[nodiscard]] std::vector<PatternLine> parse_pattern_lines(std::string_view text);

/// The pattern of a line in the language of RE2, letter case included; nullopt where RE2 would
/// silently take it for something else. What RE2 refuses is not looked for here.
[[nodiscard]] std::optional<std::string> re2_source(const PatternLine& line,
                                                    PatternDialect dialect);

/// The groups of a match, the whole match first; nullopt: no match.
using PatternGroups = std::optional<std::vector<std::string>>;

/// A line that can be asked. An empty `match` is a pattern that can't be.
struct PatternRule {
    PatternLine::Kind kind = PatternLine::Kind::Broken;
    bool negated = false;
    std::function<PatternGroups(std::string_view text)> match;
    std::string result;
};

/// The answer of a table about one key.
struct NotInTable {};
struct TableIsUnread {};  ///< what would have decided can't be read
using TableAnswer = std::variant<NotInTable, TableIsUnread, std::string>;

/// The result of the first line that matches, with its groups filled in.
[[nodiscard]] TableAnswer ask_patterns(const std::vector<PatternRule>& rules,
                                       std::string_view text);

}  // namespace holdback::config
