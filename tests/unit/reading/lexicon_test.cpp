// SPDX-License-Identifier: Apache-2.0
#include "reading/lexicon.hpp"

#include "reading/cause.hpp"
#include "reading/text_words.hpp"
#include "tests/support/code_samples.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

namespace {

Lexicon lexicon_of(std::string text) {
    const std::vector<WordFile> files = {{.name = "a.words", .text = std::move(text)}};
    auto made = Lexicon::make(files, support::small_catalogue());
    REQUIRE(made.has_value());
    return *std::move(made);
}

/// What is found: the words of each hit, with "; " between.
std::string found(const Lexicon& lexicon, std::string_view text) {
    const TextWords words = words_of(text);
    std::string out;
    for (const PhraseHit& hit : lexicon.find(words)) {
        out += out.empty() ? "" : "; ";
        out += words.between(hit.first, hit.last);
    }
    return out;
}

std::string error_of(std::string text) {
    const std::vector<WordFile> files = {{.name = "a.words", .text = std::move(text)}};
    const auto made = Lexicon::make(files, support::small_catalogue());
    const std::vector<LexiconError> errors = made.has_value() ? made->errors() : made.error();
    if (errors.empty()) {
        return {};
    }
    REQUIRE(errors.size() == 1);
    return std::to_string(errors.front().line) + ": " + errors.front().message;
}

}  // namespace

TEST_CASE("phrases are found word by word, with their marks") {
    struct Row {
        std::string_view phrase;
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"user unknown", "the User unknown here", "User unknown"},
        {"user unknown", "user is unknown", ""},
        {"user unknown", "user. Unknown", ""},
        {"user unknown", "user <bo@example.net> unknown", "user <bo@example.net> unknown"},
        {"block*", "it is blocked", "blocked"},
        {"block*", "a bloc", ""},
        {"user is? unknown", "user is unknown", "user is unknown"},
        {"user is? unknown", "user unknown", "user unknown"},
        {"user/mailbox full", "mailbox full", "mailbox full"},
        {"no ... user", "no such old user", "no such old user"},
        {"no ... user", "no one of all the six user", ""},
        {"no ... user", "no. That user", ""},
        {"<address> is off", "bo@example.net is off", "bo@example.net is off"},
        {"<ip> blocked", "[192.0.2.1] blocked", "192.0.2.1] blocked"},
        {".spamhaus", "see zen.spamhaus.org for it", "zen.spamhaus.org"},
        {".spamhaus", "see https://check.spamhaus.org/x for it", "https://check.spamhaus.org/x"},
        {".spam", "see https://example.org/spam for it", ""},
        {"\xE4\xB8\x8D\xE5\xAD\x98", "x\xE4\xB8\x8D\xE5\xAD\x98y", "\xE4\xB8\x8D\xE5\xAD\x98"},
        {"d\xC3\xA9sactiv\xC3\xA9", "compte DESACTIVE", "DESACTIVE"},
        {"e-mail/e_mail bad", "e mail bad", "e mail bad"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.phrase);
        CAPTURE(row.text);
        CHECK(found(lexicon_of("[unknown]\n" + std::string(row.phrase) + "\n"), row.text) ==
              row.want);
    }
}

TEST_CASE("a longer phrase hides what stands inside it, but for the middle of a gap") {
    const Lexicon lexicon = lexicon_of(
        "[message]\nmessage\n[too-big]\nmessage size\n[message too-big]\nmessage size limit\n"
        "[nothing]\nreturned message\n[unknown]\nno ... found\n[unauthenticated]\ndkim "
        "signature\n");
    CHECK(found(lexicon, "message size limit") == "message size limit");
    CHECK(found(lexicon, "the returned message") == "returned message");
    CHECK(found(lexicon, "no valid dkim signature found") ==
          "no valid dkim signature found; dkim signature");
}

TEST_CASE("what stands first counts, and a local file stands first") {
    const std::vector<WordFile> files = {
        {.name = "a.words", .text = "[full]\nover the top\n[unknown]\nover the top\n"},
        {.name = "own.words", .text = "[disabled]\nOver the top\n", .local = true}};
    const auto made = Lexicon::make(files, support::small_catalogue());
    REQUIRE(made.has_value());
    const auto hits = made->find(words_of("over the top"));
    REQUIRE(hits.size() == 1);
    CHECK(hits.front().meaning.what == What::Disabled);
    const auto doubts = made->doubts();
    REQUIRE(doubts.size() >= 2);
    CHECK(doubts[0].line == 2);
    CHECK(doubts[0].message == "\"over the top\" says something else at own.words:2, which counts");
}

TEST_CASE("a mistake is told with its line") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"user unknown\n", "1: words need a head like [mailbox unknown] above them"},
        {"# comment\n[mailbx]\n", "2: \"mailbx\" is none of [whom what]"},
        {"[mailbox\n", "1: a head ends with ]"},
        {"[unknown]\n... user\n", "2: \"...\" may stand only between words"},
        {"[unknown]\nuser?\n", "2: a phrase needs a word that may not be missing"},
        {"[unknown]\nx*\n", "2: too few letters of a word: \"x*\""},
        {"[unknown]\nuser @\n", "2: \"@\" is not a word"},
        {"[codes]\nmailbox unknown = 7777\n", "2: unknown code \"7777\""},
        {"[codes]\nmailbox bent = 2001\n", "2: \"mailbox bent\" is not a cause"},
        {"[defaults]\nunknown = spoon\n", "2: a line of [defaults] is"},
        {"[weak]\nspoon\n", "2: a line of [weak] is a cause"},
        {"[status]\n5.1 = mailbox unknown\n", "2: \"5.1\" is not an enhanced status"},
        {"[reply]\n55 = mailbox unknown\n", "2: \"55\" is not a reply code"},
        {"[reply]\n550 = unknown\n", "2: \"unknown\" is not a cause"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(error_of(std::string(row.text)).starts_with(row.want));
    }
}

TEST_CASE("causes have codes, by themselves, by anybody and by whom they are usually about") {
    const Lexicon lexicon = lexicon_of(
        "[codes]\nmailbox unknown = 2001, 4999\n* spam = 1004\nmailbox full = 3001\n"
        "[defaults]\nfull = mailbox\n[weak]\nrefused\nnobody unknown\n"
        "[status]\n4.1.1 = system busy\n*.1.1 = mailbox unknown\n[reply]\n55? = mailbox full\n");
    const CauseTable& causes = lexicon.causes();
    const auto number = [&](Whom whom, What what, bool transient) {
        const auto code = causes.code_of({whom, what}, transient);
        return code.has_value() ? code->number() : 0;
    };
    CHECK(number(Whom::Mailbox, What::Unknown, false) == 2001);
    CHECK(number(Whom::Mailbox, What::Unknown, true) == 4999);
    CHECK(number(Whom::Host, What::Spam, true) == 1004);
    CHECK(number(Whom::System, What::Full, false) == 3001);
    CHECK(number(Whom::Host, What::Unknown, false) == 0);
    CHECK(causes.is_weak({Whom::Host, What::Refused}));
    CHECK(causes.is_weak({Whom::Nobody, What::Unknown}));
    CHECK_FALSE(causes.is_weak({Whom::Mailbox, What::Unknown}));
    CHECK(causes.weight_of({Whom::Mailbox, What::Unknown}) <
          causes.weight_of({Whom::Mailbox, What::Full}));
    CHECK(causes.cause_of(mail::EnhancedStatus::parse("5.1.1").value()) ==
          Cause{Whom::Mailbox, What::Unknown});
    CHECK(causes.cause_of(mail::EnhancedStatus::parse("4.1.1").value()) ==
          Cause{Whom::System, What::Busy});
    CHECK(causes.cause_of_reply(552) == Cause{Whom::Mailbox, What::Full});
    CHECK_FALSE(causes.cause_of_reply(450).has_value());
}

TEST_CASE("every whom and what has a name that reads back") {
    for (int i = 0; i <= static_cast<int>(Whom::Relay); ++i) {
        const auto whom = static_cast<Whom>(i);
        CHECK(parse_whom(wire_name(whom)) == whom);
        CHECK_FALSE(words_for(whom).empty());
    }
    for (int i = 0; i <= static_cast<int>(What::Info); ++i) {
        const auto what = static_cast<What>(i);
        CHECK(parse_what(wire_name(what)) == what);
        CHECK_FALSE(parse_whom(wire_name(what)).has_value());
    }
    CHECK(wire_name(Cause{Whom::Sender, What::NotPermitted}) == "sender-not-permitted");
}

}  // namespace holdback::reading
