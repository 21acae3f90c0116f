// SPDX-License-Identifier: Apache-2.0
#include "dsn/text_about.hpp"

#include "dsn/report.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

struct Named {
    std::string final_recipient;
    std::string original_recipient;
};

Report report_of(std::string human, const std::vector<Named>& recipients) {
    Report report;
    report.kind = MessageKind::Dsn;
    report.human_text = std::move(human);
    for (const Named& named : recipients) {
        RecipientReport recipient;
        recipient.final_recipient = named.final_recipient;
        recipient.original_recipient = named.original_recipient;
        report.recipients.push_back(recipient);
    }
    return report;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("the first place of each string is found, whatever the others are") {
    struct Row {
        std::string_view text;
        std::vector<std::string_view> strings;
        std::vector<std::size_t> want;
    };
    const auto rows = std::to_array<Row>({
        {"", {"a"}, {kNowhere}},
        {"abc", {}, {}},
        {"abc", {"", "abc", "d"}, {kNowhere, 0, kNowhere}},
        {"say BO@Example.NET", {"bo@example.net", "Say"}, {4, 0}},
        // One string ends another, begins another, or stands within it.
        {"jimbo@example.net", {"bo@example.net", "jimbo@example.net", "mbo", "net"}, {3, 0, 2, 14}},
        {"a@b.c a@b.cd", {"a@b.cd", "a@b.c"}, {6, 0}},
        // What looks like the beginning of one goes on as another.
        {"ababac", {"abac", "babb", "bac"}, {2, kNowhere, 3}},
        {"aab aaab", {"aaab", "aab", "ab", "b"}, {4, 0, 1, 2}},
        {"x y x", {"x", "x", "y"}, {0, 0, 2}},
        {"zo\xc3\xab@example.net", {"zo\xc3\xab@", "\xab@e"}, {0, 3}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(first_places(row.text, row.strings) == row.want);
    }
}

TEST_CASE("each recipient is told the text from its name to the next one's") {
    const std::string text =
        "Sorry.\n<bo@a.test>: full\n<cy@a.test> (expanded from <al@a.test>): no\n";
    const Report report = report_of(
        text, {{"cy@a.test", "al@a.test"}, {"bo@a.test", ""}, {"no-one@a.test", ""}, {"", ""}});
    const TextAbout texts(report);
    CHECK(texts.of(0) == "cy@a.test> (expanded from <al@a.test>): no\n");
    CHECK(texts.of(1) == "bo@a.test>: full\n<");
    CHECK(texts.of(2).empty());
    CHECK(texts.of(3).empty());
}

TEST_CASE("a sole recipient is told all of the text, or what begins with a line of its own") {
    const Report own = report_of("Hi.\n<BO@a.test>: full\n", {{"bo@a.test", ""}});
    CHECK(TextAbout(own).of(0) == "<BO@a.test>: full\n");
    const Report other = report_of("Hi.\nbo@a.test is full\n", {{"bo@a.test", ""}});
    CHECK(TextAbout(other).of(0) == "Hi.\nbo@a.test is full\n");
}

TEST_CASE("a text is told to few of those that are named at its start") {
    const Report report =
        report_of("bo@a.test: full\n", std::vector<Named>(kMostAtOnePlace + 1, {"bo@a.test", ""}));
    const TextAbout texts(report);
    CHECK(texts.of(kMostAtOnePlace - 1) == "bo@a.test: full\n");
    CHECK(texts.of(kMostAtOnePlace).empty());
}

TEST_CASE("a text is searched in time that grows with its size and no faster") {
    // Nearly alike, so that each place in the text may begin each of them.
    std::vector<std::string> strings;
    for (std::size_t i = 0; i < 1000; ++i) {
        strings.push_back(repeated("a", i % 500 + 1) + "b" + std::to_string(i));
    }
    const std::vector<std::string_view> views(strings.begin(), strings.end());
    const std::string text = repeated("a", 64UL * 1024);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(first_places(text, views).front() == kNowhere);
    // Tens of milliseconds; a search for each would take minutes.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

}  // namespace holdback::dsn
