// SPDX-License-Identifier: Apache-2.0
#include "letters/notice_texts.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::letters {

TEST_CASE("each text of a notice stands at its place and passes its own check") {
    const auto kinds = notice_text_kinds();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        CAPTURE(kinds[i].name);
        CHECK(static_cast<std::size_t>(kinds[i].text) == i);
        NoticeTexts texts;
        CHECK(texts.set(kinds[i].name, std::string(kinds[i].english)).has_value());
        CHECK(texts == NoticeTexts());
    }
    CHECK(kinds.back().text == NoticeText::SecondMany);
}

TEST_CASE("a text that could not be filled in, or would be a command, is refused with the reason") {
    struct Row {
        std::string_view name;
        std::string text;
        std::string_view error;
    };
    const std::vector<Row> rows{
        {"opening", "x", "there is no text of this name"},
        {"recipient_one",
         "{number} recipient",
         "{number} is not a placeholder of this text: allowed are {count}"},
        {"label_why", "{count}", "{count} is not a placeholder of this text: it has none"},
        {"recipient_one",
         "{count recipient",
         "a brace stands alone: placeholders are written {name}"},
        {"recipient_one",
         "count} recipient",
         "a brace stands alone: placeholders are written {name}"},
        {"recipient_one", "{} recipient", "{} has no name: placeholders are written {name}"},
        {"recipient_one", " ", "the text must have from 1 to 1000 octets"},
        {"recipient_one", std::string(1001, 'x'), "the text must have from 1 to 1000 octets"},
        {"answer", "one\ntwo", "the text must be one line, without control characters"},
        {"answer", "\xFF", "the text must be UTF-8"},
        {"answer",
         "Release 1 if you like",
         "the text begins like a command of an answer: let it begin with another word"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        NoticeTexts texts;
        const auto set = texts.set(row.name, row.text);
        REQUIRE_FALSE(set.has_value());
        CHECK(set.error() == row.error);
        CHECK(texts == NoticeTexts());
    }
    NoticeTexts texts;
    CHECK_FALSE(texts.set_reason("null-mx", "{suggestion}").has_value());
    CHECK_FALSE(texts.set_advice("null-mx", "release all").has_value());
}

TEST_CASE("values are put in as they are, once") {
    NoticeTexts texts;
    CHECK(texts.say(NoticeText::DidYouMean, {{"address", "{address}@x.test"}}) ==
          "Did you mean {address}@x.test?");
    CHECK(texts.recipients(1) == "1 recipient");
    CHECK(texts.recipients(0) == "0 recipients");
    CHECK(texts.duration(std::chrono::hours(24)) == "1 day");
    CHECK(texts.duration(std::chrono::minutes(90)) == "90 minutes");
    CHECK(texts.reason("null-mx", "bo@b.test", "it takes no mail") == "it takes no mail");
    REQUIRE(texts.set_reason("null-mx", "{domain}: {reason} ({address})").has_value());
    CHECK(texts.reason("null-mx", "bo@b.test", "it takes no mail") ==
          "b.test: it takes no mail (bo@b.test)");
    CHECK(texts.reason("no-such-domain", "bo@b.test", "gone") == "gone");
    REQUIRE(texts.set_advice("null-mx", "ask {address}").has_value());
    CHECK(texts.advice("null-mx", "bo@b.test", "check it") == "ask bo@b.test");
    CHECK(texts.advice("null-mx", "bo@b.test", "").empty());
}

TEST_CASE("a notice is known by its first words in each language") {
    CHECK(NoticeTexts().beginnings() == std::vector<std::string>{"of your mail was held back",
                                                                 "of your mail were held back",
                                                                 "Your campaign was stopped as"});
    const NoticeLanguages languages;
    CHECK(texts_of(languages, "de") == NoticeTexts());
}

}  // namespace holdback::letters
