// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox_list.hpp"

#include "mail/address.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("mailboxes are read with and without names, in groups and with comments") {
    struct Row {
        std::string_view value;
        std::vector<std::string> want;
        bool valid;
    };
    const std::vector<Row> rows{
        {"bo@a.test", {"bo@a.test"}, true},
        {" Bo <bo@a.test> ", {"bo@a.test"}, true},
        {"\"Olsen, Bo\" <bo@a.test>, al@b.test", {"bo@a.test", "al@b.test"}, true},
        {R"("a \" <x@y.test>" <bo@a.test>)", {"bo@a.test"}, true},
        {"bo@a.test (Bo, at home (now))", {"bo@a.test"}, true},
        {"Friends: bo@a.test, Al <al@b.test>;, eva@c.test",
         {"bo@a.test", "al@b.test", "eva@c.test"},
         true},
        {"undisclosed-recipients:;", {}, true},
        {"<@mx.test,@my.test:bo@a.test>", {"bo@a.test"}, true},
        {"\"b o\"@a.test", {"\"b o\"@a.test"}, true},
        {"", {}, true},
        {" , ,", {}, true},
        {"=?utf-8?q?B=C3=B6?= <bo@a.test>", {"bo@a.test"}, true},
        {"bo", {}, false},
        {"Bo <bo>", {}, false},
        {"Bo <>", {}, false},
        {"bo@a.test, nobody", {"bo@a.test"}, false},
        {"Bo <bo@a.test", {"bo@a.test"}, true},
        {"\"never closed <bo@a.test>", {}, false},
        {"(never closed bo@a.test", {}, true},
        {"\\", {}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const MailboxList list = parse_mailbox_list(row.value);
        std::vector<std::string> texts;
        texts.reserve(list.mailboxes.size());
        for (const Address& mailbox : list.mailboxes) {
            texts.push_back(mailbox.text());
        }
        CHECK(texts == row.want);
        CHECK(list.is_valid == row.valid);
    }
}

TEST_CASE("a list without end is cut") {
    std::string value;
    for (int i = 0; i < 1000; ++i) {
        value += "bo@a.test,";
    }
    const MailboxList list = parse_mailbox_list(value);
    CHECK(list.mailboxes.size() == kMostMailboxes);
    CHECK_FALSE(list.is_valid);
}

}  // namespace holdback::mail
