// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_text.hpp"

#include "core/text.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("rules see a text without addresses, line codes and odd spaces") {
    struct Row {
        std::string_view what;
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"addresses are masked, so that a mailbox named spam is not spam",
         "550 <spam@virus.example>: unknown",
         "550 <@>: unknown"},
        {"an address at the end of a sentence", "no user bo@example.net.", "no user @."},
        {"two addresses", "a@b.example, c@d.example", "@, @"},
        {"white space is one space", "  a\r\n\t b\f c  ", "a b c"},
        {"no-break space and apostrophe",
         "user doesn\xE2\x80\x99t\xC2\xA0"
         "exist",
         "user doesn't exist"},
        {"codes of further lines",
         "550-5.2.1 receiving at a rate that 550-5.2.1 prevents 550 5.2.1 mail",
         "550-5.2.1 receiving at a rate that prevents mail"},
        {"codes of further lines without status", "550-one 550 two", "550-one two"},
        {"a single line keeps its numbers", "550 see page 550 of it", "550 see page 550 of it"},
        {"invalid UTF-8 is replaced",
         "a\xFF"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"NUL is a space", std::string_view("a\0b", 3), "a b"},
        {"empty", "", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(rule_text(row.text) == row.want);
    }
}

TEST_CASE("a text is cut before the rules see it, and stays valid UTF-8") {
    std::string text(kRuleTextOctets - 1, 'x');
    text += "\xC3\xA4 and more";
    const std::string seen = rule_text(text);
    CHECK(seen.size() <= kRuleTextOctets + 2);
    CHECK(core::is_utf8(seen));
    CHECK_FALSE(seen.ends_with("more"));
}

TEST_CASE("reply code and status are found in a diagnostic text") {
    struct Row {
        std::string_view text;
        int code;
        std::string_view status;
    };
    const auto rows = std::to_array<Row>({
        {"550 5.1.1 unknown", 550, "5.1.1"},
        {"550-5.1.1 unknown", 550, "5.1.1"},
        {"550 unknown", 550, ""},
        {"host mx.example.net[192.0.2.1] said: 450 4.2.0 greylisted", 450, "4.2.0"},
        {"5.1.0 - error 550-'5.7.1 denied'", 550, "5.7.1"},
        {"550 #5.1.0 Address rejected.", 550, "5.1.0"},
        {"sorry, no mailbox here (#5.1.1)", 0, "5.1.1"},
        {"554 4.4.7 expired <421 4.4.2 timed out>", 554, "4.4.7"},
        {"delivered to 192.0.5.50", 0, ""},
        {"size 5500 exceeds 4500", 0, ""},
        {"550", 550, ""},
        {"", 0, ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const QuotedCodes found = quoted_codes(row.text);
        CHECK(found.reply_code == row.code);
        CHECK((found.status.has_value() ? found.status->text() : "") == row.status);
    }
}

TEST_CASE("the server's own words begin at the reply code") {
    CHECK(quoted_reply("SMTP error after RCPT TO: 550 no such user") == "550 no such user");
    CHECK(quoted_reply("in 450 seconds: 550 5.1.1 no such user") == "550 5.1.1 no such user");
    CHECK(quoted_reply("550 no such user").empty());
    CHECK(quoted_reply("no such user").empty());
}

}  // namespace holdback::reading
