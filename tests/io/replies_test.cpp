// SPDX-License-Identifier: Apache-2.0
// Every row of tests/data/replies/*.tsv: a reply, and what it has to be understood as by the rules
// and words that we ship. The columns are near (a note), code (several with "|"), whom and what
// ("-": not looked at), remote (the remote MTA, or "-"), stage ("-", connect, helo, mail, rcpt,
// data) and text, in which "\n" is the end of a line. The first line of a file is its head.
#include "core/text.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/directory_files.hpp"
#include "io/settings/lexicon_file.hpp"
#include "io/settings/rules_file.hpp"
#include "reading/explain.hpp"
#include "reading/knowledge.hpp"
#include "reading/phrase.hpp"
#include "reading/smtp_stage.hpp"
#include "reading/text_words.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io {

namespace {

constexpr std::string_view kHead = "near\tcode\twhom\twhat\tremote\tstage\ttext";
constexpr std::size_t kColumns = 7;

std::string source_path(std::string_view name) {
    return fmt::format("{}/{}", HOLDBACK_SOURCE_DIR, name);
}

const terms::CodeCatalogue& codes() {
    static const terms::CodeCatalogue read =
        settings::read_codes(source_path("conf/codes.conf")).value();
    return read;
}

reading::Knowledge read_knowledge(settings::ShippedRules rules) {
    return {.rules = settings::load_rules(
                         std::vector<std::string>{source_path("conf/rules.d")}, codes(), rules)
                         .value(),
            .lexicon = settings::load_lexicon(source_path("conf/lexicon.d"), {}, codes()).value()};
}

const reading::Knowledge& knowledge() {
    static const reading::Knowledge read = read_knowledge(settings::ShippedRules::WithExamples);
    return read;
}

struct Row {
    std::string place;  ///< file:line
    std::string near;
    std::string codes;
    std::string whom;
    std::string what;
    std::string remote;
    std::string stage;
    std::string text;
};

std::string with_line_ends(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "\\n") {
            out += '\n';
            ++at;
        } else {
            out += text[at];
        }
    }
    return out;
}

/// The rows of all tables; a line that is none fails the test.
std::vector<Row> all_rows() {
    std::vector<Row> rows;
    const auto paths = settings::files_in(source_path("tests/data/replies"), ".tsv").value();
    for (const std::string& path : paths) {
        std::ifstream file(path);
        std::string line;
        int number = 0;
        while (std::getline(file, line)) {
            ++number;
            const std::string place = fmt::format("{}:{}", path, number);
            CAPTURE(place);
            if (number == 1) {
                CHECK(line == kHead);
                continue;
            }
            const auto columns = core::split(line, '\t');
            REQUIRE(columns.size() == kColumns);
            rows.push_back({.place = place,
                            .near = std::string(columns[0]),
                            .codes = std::string(columns[1]),
                            .whom = std::string(columns[2]),
                            .what = std::string(columns[3]),
                            .remote = std::string(columns[4]),
                            .stage = std::string(columns[5]),
                            .text = with_line_ends(columns[6])});
        }
    }
    return rows;
}

reading::Explanation explanation_of(const Row& row, const reading::Knowledge& by = knowledge()) {
    reading::ReportedReply reply{.text = row.text, .remote_mta = {}};
    if (row.remote != "-") {
        reply.remote_mta = row.remote;
    }
    if (row.stage != "-") {
        const auto stage = reading::parse_stage(row.stage);
        REQUIRE(stage.has_value());
        reply.stage = stage.value_or(reading::SmtpStage::Unknown);
    }
    return explain_reply(reply, by, codes());
}

bool has_code(const Row& row, const reading::Explanation& got) {
    return std::ranges::any_of(core::split(row.codes, '|'), [&got](std::string_view code) {
        return code == std::to_string(got.code.number());
    });
}

/// "mailbox-unknown" against the two columns.
bool has_cause(const Row& row, const reading::Explanation& got) {
    const bool whom = row.whom == "-" || got.cause.starts_with(row.whom + "-");
    const bool what = row.what == "-" || got.cause.ends_with("-" + row.what);
    return whom && what;
}

}  // namespace

TEST_CASE("each reply of the tables is understood as its row says") {
    for (const Row& row : all_rows()) {
        const reading::Explanation got = explanation_of(row);
        if (!has_code(row, got) || !has_cause(row, got)) {
            FAIL_CHECK(fmt::format("{}: wanted {} {} {}, got {} {} ({}; {})\n    {}",
                                   row.place,
                                   row.codes,
                                   row.whom,
                                   row.what,
                                   got.code.number(),
                                   got.rule,
                                   got.evidence,
                                   got.doubt,
                                   row.text));
        }
    }
}

TEST_CASE("a tool that reads the rules when they are asked understands the same") {
    const reading::Knowledge late = read_knowledge(settings::ShippedRules::WhenAsked);
    CHECK(late.rules.rules().size() < knowledge().rules.rules().size());
    for (const Row& row : all_rows()) {
        CAPTURE(row.place);
        const reading::Explanation want = explanation_of(row);
        const reading::Explanation got = explanation_of(row, late);
        CHECK(got.code == want.code);
        CHECK(got.rule == want.rule);
    }
    std::size_t asked = 0;
    for (const reading::Rule& rule : knowledge().rules.rules()) {
        for (const reading::RuleExample& example : rule.expect) {
            const reading::RuleInput input{.status = {},
                                           .text = example.text,
                                           .remote_mta = example.remote_mta,
                                           .reporting_mta = example.reporting_mta};
            const auto want = knowledge().rules.match(input);
            const auto got = late.rules.match(input);
            CAPTURE(example.text);
            REQUIRE(got.has_value() == want.has_value());
            if (got.has_value() && want.has_value()) {
                ++asked;
                CHECK(got->rule->id == want->rule->id);
            }
        }
    }
    CHECK(asked > 400);
}

TEST_CASE("the tables are large, and near misses are a good part of them") {
    const std::vector<Row> rows = all_rows();
    const auto near = std::ranges::count(rows, "near", &Row::near);
    CHECK(rows.size() >= 600);
    CHECK(near >= 300);
    std::set<std::string> texts;
    for (const Row& row : rows) {
        CAPTURE(row.place);
        CHECK(texts.insert(row.text + row.remote + row.stage).second);
    }
}

TEST_CASE("each line of the word lists is found by the words that it begins with") {
    std::size_t looked_at = 0;
    for (const auto& file : std::filesystem::directory_iterator(source_path("conf/lexicon.d"))) {
        std::ifstream stream(file.path());
        std::vector<reading::WordKey> keys;
        for (std::string line; std::getline(stream, line);) {
            if (line.empty() || line.starts_with('#') || line.starts_with('[')) {
                continue;
            }
            reading::find_first_keys(line, keys);
            const std::string first = line.substr(0, line.find_first_of(" /?"));
            if (first.ends_with('*') || first.starts_with('<') || first.starts_with('.')) {
                continue;
            }
            CAPTURE(line);
            CHECK(core::is_utf8(line));
            const reading::TextWords words = reading::words_of(first);
            if (!words.words.empty()) {
                ++looked_at;
                CHECK(std::ranges::find(keys, reading::key_of(words.words.front().text)) !=
                      keys.end());
            }
        }
    }
    CHECK(looked_at > 10'000);
}

}  // namespace holdback::io
