// SPDX-License-Identifier: Apache-2.0
#include "reading/text_scan.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

namespace {

std::string reply_line(std::string_view text, ReplyContext context) {
    const auto reply = quoted_reply(text, context);
    return reply.has_value() ? reply->line() : "none";
}

}  // namespace

TEST_CASE("addresses are found in text as people and programs write them") {
    struct Row {
        std::string_view text;
        std::vector<std::string_view> want;
    };
    const std::array<Row, 14> rows{{
        {"no address here", {}},
        {"<bo@example.net>:", {"bo@example.net"}},
        {"to bo@example.net.", {"bo@example.net"}},
        {"addressed to 'bo@example.net', failed", {"bo@example.net"}},
        {"a@example.net, b+c@example.com", {"a@example.net", "b+c@example.com"}},
        {"\"john q\"@example.net is odd", {"\"john q\"@example.net"}},
        {"bo@[192.0.2.1] literal", {"bo@[192.0.2.1]"}},
        {"dda:SMTP=bo@example.net;", {"bo@example.net"}},
        {"grün@example.net", {"grün@example.net"}},
        {"bo@bücher.example", {"bo@bücher.example"}},
        {"「bo@example.jpは", {"bo@example.jp"}},
        {"@example.net and bo@", {}},
        {"@@@@", {}},
        {"mailto:bo@example.net", {"bo@example.net"}},
    }};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        std::vector<std::string_view> got;
        for (const FoundAddress& found : find_addresses(row.text)) {
            got.push_back(found.text);
        }
        CHECK(got == row.want);
    }
    CHECK(find_addresses("a@b.example c@d.example e@f.example", 2).size() == 2);
}

TEST_CASE("a reply is known by its status or by what introduces it") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"host mx said: 550 5.1.1 No such user", "550 5.1.1 No such user"},
        Row{"Remote host said:\n550 no such user", "550 no such user"},
        Row{"<<< 452 4.2.2 Over quota", "452 4.2.2 Over quota"},
        Row{"returned error 554: refused", "554 refused"},
        Row{"Sorry, no mailbox (#5.1.1)", "none"},
        Row{"said: 550 sorry, no mailbox (#5.1.1)", "550 5.1.1 sorry, no mailbox (#5.1.1)"},
        Row{"there were 550 of us", "none"},
        Row{"within 432 seconds: 500 messages", "none"},
        Row{"connect to 192.0.2.550", "none"},
        Row{"version 4.5.550.1", "none"},
        Row{"said: 550 550 No such user", "550 No such user"},
        Row{"said: 550 4.7.1 of another class", "550 4.7.1 of another class"},
        Row{"", "none"},
        Row{"550", "550"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        CHECK(reply_line(row.text, ReplyContext::Prose) == row.want);
    }
    CHECK(reply_line("mailbox of bo 550 unknown", ReplyContext::Prose) == "none");
    CHECK(reply_line("mailbox of bo 550 unknown", ReplyContext::Field) == "550 unknown");
}

TEST_CASE("a reply of several lines has its code and status once") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"550-5.1.1 a 550-5.1.1 b 550 5.1.1 c", "550 5.1.1 a b c"},
        Row{"550-a\n550-b\n550 c", "550 a b c"},
        Row{"550-5.1.1 a\n 550 5.1.1  b", "550 5.1.1 a b"},
        Row{"550 5.1.1 one line", "550 5.1.1 one line"},
        Row{"said: 421-4.7.0 x 421 4.7.0 y", "said: 421 4.7.0 x y"},
        Row{"550-5.1.1 room 550 5.1.1 in 12", "550 5.1.1 room in 12"},
        Row{"a \t b\n c", "a b c"},
        Row{"550-", "550"},
        Row{"", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        CHECK(join_reply_lines(row.text) == row.want);
    }
}

}  // namespace holdback::reading
