// SPDX-License-Identifier: Apache-2.0
#include "io/settings/notice_texts_file.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "letters/notice.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::settings {

namespace {

using letters::NoticeLanguages;
using letters::NoticeTexts;

std::vector<std::string> errors_of(std::string_view text) {
    NoticeLanguages languages{{"en", NoticeTexts()}};
    std::vector<std::string> lines;
    for (const FileError& error : read_notice_texts(text, "t", languages)) {
        lines.push_back(error.text());
    }
    return lines;
}

config::NoticeSettings shipped() {
    config::NoticeSettings settings;
    settings.texts = HOLDBACK_SOURCE_DIR "/conf/notices.d";
    settings.local_texts = "/nonexistent";
    return settings;
}

}  // namespace

TEST_CASE("the tables that are shipped are whole, and no line of their notices is a command") {
    const auto languages = load_notice_texts(shipped());
    REQUIRE(languages.has_value());
    CHECK(languages->size() == 5);
    CHECK(languages->at("en") == NoticeTexts());
    std::vector<std::string> beginnings;
    for (const auto& [name, texts] : *languages) {
        const auto begins = texts.beginnings();
        beginnings.insert(beginnings.end(), begins.begin(), begins.end());
    }
    for (const auto& [name, texts] : *languages) {
        CAPTURE(name);
        CHECK((name == "en") == (texts == NoticeTexts()));
        CHECK(texts.missing().empty());
        letters::NoticeFacts facts;
        facts.postmaster = "postmaster@home.test";
        facts.only_user = "kalle";
        for (const std::size_t count : std::vector<std::size_t>{1, 2, 120}) {
            for (const std::size_t left : std::vector<std::size_t>{0, 1, 200}) {
                facts.rows.assign(count, {.item = 7, .address = "bo@b.test"});
                facts.rows.front().can_release = count == 2;
                facts.left = left;
                const std::string text = letters::notice_text(facts, texts);
                for (const std::string_view line : core::split(text, '\n')) {
                    CAPTURE(line);
                    CHECK(letters::read_orders(line, {}).empty());
                }
                CHECK(letters::read_orders("?\n\n" + text + "\nrelease 1\n", beginnings).empty());
            }
        }
    }
}

TEST_CASE("what is wrong with a table is said with file and line") {
    CHECK(errors_of("language = \"en\"\n[texts]\nopening = \"x\"\n") ==
          std::vector<std::string>{"t:3: \"opening\": there is no text of this name"});
    CHECK(errors_of("language = \"en\"\n[texts]\nlabel_why = \"{x}\"\n") ==
          std::vector<std::string>{
              "t:3: \"label_why\": {x} is not a placeholder of this text: it has none"});
    CHECK(errors_of("language = \"en\"\n[reasons]\nnull_mx = \"x\"\n[advice]\nnull-mx = 3\n") ==
          std::vector<std::string>{"t:3: \"null_mx\": there is no finding of this name",
                                   "t:5: \"null-mx\": must be a string, not a whole number"});
    CHECK(errors_of("[texts]\n") == std::vector<std::string>{"t:1: \"language\" is missing"});
    CHECK(errors_of("language = \"en\"\ntext = 1\n").size() == 1);
}

TEST_CASE("a language that lacks a text of a newer version goes on with the English one") {
    NoticeLanguages languages{{"en", NoticeTexts()}};
    CHECK(read_notice_texts(
              "language = \"it\"\n[texts]\nlabel_why = \"Perch\xC3\xA9:\"\n", "t", languages)
              .empty());
    const NoticeTexts& italian = languages.at("it");
    CHECK(italian.say(letters::NoticeText::LabelWhy) == "Perch\xC3\xA9:");
    CHECK(italian.say(letters::NoticeText::LabelToDo) == "To do:");
    CHECK(italian.missing().size() == letters::notice_text_kinds().size() - 1);
    CHECK(italian.missing().front() == "recipient_one");
    CHECK(languages.at("en").missing().empty());
}

TEST_CASE(
    "the administrator's words go before the shipped ones, and a language must have a table") {
    const support::TempDir dir;
    config::NoticeSettings settings = shipped();
    settings.local_texts = dir.path();
    std::ofstream(dir.path() + "/local.conf")
        << "language = \"de\"\n[texts]\nlabel_why = \"Weshalb:\"\n";
    settings.language = "de";
    const auto languages = load_notice_texts(settings);
    REQUIRE(languages.has_value());
    CHECK(languages->at("de").say(letters::NoticeText::LabelWhy) == "Weshalb:");
    CHECK(languages->at("de").say(letters::NoticeText::LabelSubject) == "Betreff:");
    settings.language_by_sender = {{.pattern = "example.net", .value = "tlh"}};
    const auto absent = load_notice_texts(settings);
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().front().message ==
          "[notice] language_by_sender names \"tlh\", but there is no table of this language; "
          "there are de, en, "
          "es, fr, sv");
}

}  // namespace holdback::io::settings
