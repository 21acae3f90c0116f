// SPDX-License-Identifier: Apache-2.0
#include "config/pattern_table.hpp"

#include "config/table_lines.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::config {

namespace {

using Kind = PatternLine::Kind;

/// A rule whose pattern is a text to be found; its only group is what stands before it.
PatternRule rule(Kind kind, std::string text, std::string result = {}, bool negated = false) {
    return {.kind = kind,
            .negated = negated,
            .match = [text = std::move(text)](std::string_view all) -> PatternGroups {
                const std::size_t at = all.find(text);
                if (at == std::string_view::npos) {
                    return std::nullopt;
                }
                return std::vector<std::string>{text, std::string(all.substr(0, at))};
            },
            .result = std::move(result)};
}

/// The result, "-" when nothing matches, "?" when it can't be told.
std::string said(const std::vector<PatternRule>& rules, std::string_view text) {
    const TableAnswer answer = ask_patterns(rules, text);
    if (const auto* result = std::get_if<std::string>(&answer)) {
        return *result;
    }
    return std::holds_alternative<NotInTable>(answer) ? "-" : "?";
}

}  // namespace

TEST_CASE("lines of a file are joined with what continues them, and keep their numbers") {
    CHECK(table_lines("# no\r\n\n one\r\n  more \n\t# not this\n\n\tand this\ntwo") ==
          std::vector<TableLine>{{3, "one more and this"}, {8, "two"}});
    CHECK(table_lines("").empty());
    CHECK(table_lines(" \n#").empty());
}

TEST_CASE("a line of a pattern table has a pattern, flags and a result") {
    struct Row {
        std::string_view text;
        PatternLine want;
    };
    const auto rows = std::to_array<Row>({
        {"/^a@b$/ joe, bo", {Kind::Match, false, "^a@b$", "", "joe, bo", 1}},
        {"/a\\/b/i\tjoe", {Kind::Match, false, "a\\/b", "i", "joe", 1}},
        {"|a/b|  joe", {Kind::Match, false, "a/b", "", "joe", 1}},
        {"!/a/x joe", {Kind::Match, true, "a", "x", "joe", 1}},
        {"/a/", {Kind::Match, false, "a", "", "", 1}},
        {"if /@b/", {Kind::If, false, "@b", "", "", 1}},
        {"IF !/@b/m", {Kind::If, true, "@b", "m", "", 1}},
        {"if/@b/", {Kind::If, false, "@b", "", "", 1}},
        {"endif", {Kind::EndIf, false, "", "", "", 1}},
        {"/a", {Kind::Broken, false, "", "", "", 1}},
        {"/a\\/ joe", {Kind::Broken, false, "", "", "", 1}},
        {"/a\\", {Kind::Broken, false, "", "", "", 1}},
        {"joe@b joe", {Kind::Broken, false, "", "", "", 1}},
        {"if", {Kind::Broken, false, "", "", "", 1}},
        {"!", {Kind::Broken, true, "", "", "", 1}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto lines = parse_pattern_lines(row.text);
        REQUIRE(lines.size() == 1);
        CHECK(lines.front() == row.want);
    }
}

TEST_CASE("a pattern that RE2 reads otherwise than Postfix is not used") {
    struct Row {
        std::string_view what;
        PatternDialect dialect;
        std::string_view pattern;
        std::string_view flags;
        std::string_view want;  ///< "": not used
    };
    constexpr auto kRegexp = PatternDialect::Regexp;
    constexpr auto kPcre = PatternDialect::Pcre;
    const auto rows = std::to_array<Row>({
        {"letter case does not count", kRegexp, "^a$", "", "(?i:^a$)"},
        {"unless the flag says so", kRegexp, "^a$", "i", "(?-i:^a$)"},
        {"twice is not at all", kRegexp, "^a$", "ii", "(?i:^a$)"},
        {"an alternative stays one", kRegexp, "a|b", "m", "(?i:a|b)"},
        {"basic expressions", kRegexp, "a\\(b\\)", "x", ""},
        {"an unknown flag", kRegexp, "a", "q", ""},
        {"classes that both know", kRegexp, "\\w+\\.[[:digit:]]", "", "(?i:\\w+\\.[[:digit:]])"},
        {"a letter for POSIX, a class for RE2", kRegexp, "\\d", "", ""},
        {"a back-reference", kRegexp, "(a)\\1", "", ""},
        {"GNU's start of a word", kRegexp, "\\<a", "", ""},
        {"no lower bound", kRegexp, "a{,3}", "", ""},
        {"no group of POSIX", kRegexp, "(?:a)", "", ""},
        {"an escaped backslash before a letter", kRegexp, "\\\\d", "", "(?i:\\\\d)"},
        {"Perl's class", kPcre, "\\d(?:a)", "", "(?i:\\d(?:a))"},
        {"anchored", kPcre, "a|b", "A", "^(?i:a|b)"},
        {"lines make no difference", kPcre, "a", "smEX", "(?i:a)"},
        {"extended", kPcre, "a b", "x", ""},
        {"ungreedy", kPcre, "(a+)", "U", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        PatternLine line;
        line.kind = Kind::Match;
        line.pattern = row.pattern;
        line.flags = row.flags;
        CHECK(re2_source(line, row.dialect).value_or("") == row.want);
    }
}

TEST_CASE("the first line that matches decides, and conditions hold for what is in them") {
    const std::vector<PatternRule> rules{
        rule(Kind::If, "@b"),
        rule(Kind::Match, "joe@", "joe"),
        rule(Kind::If, "x", "", true),
        rule(Kind::Match, "no-x", "without x"),
        {.kind = Kind::EndIf, .negated = false, .match = {}, .result = {}},
        {.kind = Kind::EndIf, .negated = false, .match = {}, .result = {}},
        rule(Kind::Match, "@c", "late"),
        rule(Kind::Match, "@", "no at sign", true),
        {.kind = Kind::EndIf, .negated = false, .match = {}, .result = {}},
        {.kind = Kind::Match, .negated = false, .match = {}, .result = "?"},
    };
    CHECK(said(rules, "joe@b") == "joe");
    CHECK(said(rules, "no-y@b") == "?");
    CHECK(said(rules, "joe@c") == "late");
    CHECK(said(rules, "joe") == "no at sign");
    CHECK(said({}, "joe") == "-");
    // A condition that can't be asked leaves all behind it open, unless it is not reached.
    const PatternRule unreadable{.kind = Kind::If, .negated = false, .match = {}, .result = {}};
    CHECK(said({rule(Kind::Match, "a", "a"), unreadable}, "a") == "a");
    CHECK(said({rule(Kind::Match, "a", "a"), unreadable}, "b") == "?");
    CHECK(said({rule(Kind::If, "a"), unreadable}, "b") == "-");
}

TEST_CASE("groups are filled in, and other dollar signs stay") {
    struct Row {
        std::string_view result;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"$1", "joe"},
        {"${1}x,$(1)", "joex,joe"},
        {"$0$2$9", "@b"},
        {"$$1 $x ${1 $", "$1 $x ${1 $"},
        {"${}", "${}"},
        {"$99999999999999999999", "$99999999999999999999"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.result);
        CHECK(said({rule(Kind::Match, "@b", std::string(row.result))}, "joe@b") == row.want);
    }
}

}  // namespace holdback::config
