// SPDX-License-Identifier: Apache-2.0
#include "milter/session/sendmail_arguments.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::milter::session {

TEST_CASE("Sendmail is told from Postfix by its version") {
    CHECK(is_sendmail("8.17.1.9/8.17.1.9/Debian-2"));
    CHECK_FALSE(is_sendmail("Postfix 3.7.11"));
    CHECK_FALSE(is_sendmail(""));
}

TEST_CASE("what Sendmail forgets of MAIL is said again, and nothing else") {
    struct Row {
        std::vector<std::string> arguments;
        std::string again;
    };
    const std::vector<Row> rows{
        {{}, ""},
        {{"SIZE=100", "SMTPUTF8"}, ""},
        {{"RET=HDRS", "SIZE=100", "body=8BITMIME"}, "RET=HDRS body=8BITMIME "},
        {{"AUTH=<>", "BY=120;R", "BYE=1", "RETRY=1"}, "AUTH=<> BY=120;R "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.again);
        CHECK(forgotten_arguments(row.arguments) == row.again);
    }
}

}  // namespace holdback::milter::session
