// SPDX-License-Identifier: Apache-2.0
#include "reading/text_words.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::reading {

namespace {

/// The words, with "|" between clauses and ":|" behind one that introduces.
std::string shown(std::string_view text) {
    const TextWords words = words_of(text);
    std::string out;
    for (std::size_t i = 0; i < words.words.size(); ++i) {
        const TextWord& word = words.words[i];
        if (i > 0 && word.clause != words.words[i - 1].clause) {
            out += words.clauses[words.words[i - 1].clause].introduces ? ":| " : "| ";
        }
        switch (word.kind) {
            case WordKind::Word:
                out += word.text;
                break;
            case WordKind::Address:
                out += "<address>";
                break;
            case WordKind::Domain:
                out += "<domain>";
                break;
            case WordKind::Ip:
                out += "<ip>";
                break;
            case WordKind::Number:
                out += "<number>";
                break;
            case WordKind::Url:
                out += "<url>";
                break;
            case WordKind::Code:
                out += "<code>";
                break;
        }
        out += ' ';
    }
    if (!out.empty()) {
        out.pop_back();
    }
    return out;
}

}  // namespace

TEST_CASE("a text is cut into words and clauses") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"", ""},
        {"User Unknown", "user unknown"},
        {"550 5.1.1 <bo@example.net>: User unknown", "<code> <code> <address> :| user unknown"},
        {"don't e-mail over-quota", "dont email overquota"},
        {"it doesn\xE2\x80\x99t exist", "it doesnt exist"},
        {"l'adresse n'existe pas", "l adresse nexiste pas"},
        {"compte d\xC3\xA9sactiv\xC3\xA9, STRA\xC3\x9F"
         "E",
         "compte desactive strasse"},
        {"mailbox_full A/AAAA", "mailbox full a aaaa"},
        {"blocked. See http://a.example/spam?x=1 now", "blocked | see <url> now"},
        {"client [192.0.2.1] blocked", "client <ip> blocked"},
        {"client [2001:db8::1]:25 blocked", "client <ip> :| <number> blocked"},
        {"at 10:20:30 on mx.example.net", "at <number> :| <number> :| <number> on <domain>"},
        {"full (mailbox is over quota)", "full | mailbox is over quota"},
        {"user (bo) unknown", "user bo unknown"},
        {"no user; try later! - bye", "no user | try later | bye"},
        {"limit 10 MB of 25MB", "limit <number> mb of 25mb"},
        {"\xE7\x94\xA8\xE6\x88\xB7\xE4\xB8\x8D\xE5\xAD\x98\xE5\x9C\xA8",
         "\xE7\x94\xA8 \xE6\x88\xB7 \xE4\xB8\x8D \xE5\xAD\x98 \xE5\x9C\xA8"},
        {"first line\ngoes on\nSecond line", "first line goes on | second line"},
        {"\xFF broken \xC3", "broken"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(shown(row.text) == row.want);
    }
}

TEST_CASE("the lines of a reply are told apart, however they are joined") {
    for (const std::string_view text :
         {"550-5.1.1 no such user here\n550-5.1.1 as we said\n550 5.1.1 Policy applies",
          "550-5.1.1 no such user here 550-5.1.1 as we said 550 5.1.1 Policy applies"}) {
        CAPTURE(text);
        const TextWords words = words_of(text);
        REQUIRE(words.words.size() == 9);
        CHECK(words.words[0].text == "no");
        CHECK(words.words[4].clause == words.words[0].clause);
        CHECK(words.words[6].line == 2);
        CHECK(words.words[7].line == 3);
        CHECK(words.words[7].clause == 1);
    }
}

TEST_CASE("words know where they stand in the text") {
    const TextWords words = words_of("The User  Unknown!");
    REQUIRE(words.words.size() == 3);
    CHECK(words.between(1, 2) == "User  Unknown");
}

}  // namespace holdback::reading
