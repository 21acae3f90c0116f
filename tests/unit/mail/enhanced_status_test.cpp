// SPDX-License-Identifier: Apache-2.0
#include "mail/enhanced_status.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("an enhanced status is read whole or not at all") {
    struct Row {
        std::string_view text;
        StatusError error;
    };
    constexpr std::array kRows{
        Row{"", StatusError::Empty},
        Row{"3.1.1", StatusError::BadClass},
        Row{"51.1", StatusError::BadClass},
        Row{" 5.1.1", StatusError::BadClass},
        Row{"5", StatusError::BadClass},
        Row{"5.", StatusError::BadSubject},
        Row{"5.x.1", StatusError::BadSubject},
        Row{"5.1", StatusError::BadSubject},
        Row{"5.1000.1", StatusError::BadSubject},
        Row{"5.01.1", StatusError::BadSubject},
        Row{"5.1.", StatusError::BadDetail},
        Row{"5.1.1000", StatusError::BadDetail},
        Row{"5.1.01", StatusError::BadDetail},
        Row{"5.1.1 ", StatusError::TrailingText},
        Row{"5.1.1.2", StatusError::TrailingText},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto status = EnhancedStatus::parse(row.text);
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error() == row.error);
    }
}

TEST_CASE("an enhanced status has three numbers and its text again") {
    const auto status = EnhancedStatus::parse("4.7.999");
    REQUIRE(status.has_value());
    CHECK(status->status_class() == 4);
    CHECK(status->subject() == 7);
    CHECK(status->detail() == 999);
    CHECK(status->is_transient());
    CHECK_FALSE(status->is_permanent());
    CHECK(status->text() == "4.7.999");
    CHECK(EnhancedStatus::parse("2.0.0")->text() == "2.0.0");
    CHECK(EnhancedStatus::parse("5.1.2").value() > EnhancedStatus::parse("5.1.1").value());
}

TEST_CASE("a status is found in a text where it is a word of its own") {
    struct Row {
        std::string_view text;
        std::string_view want;  // "" when there is none
    };
    constexpr std::array kRows{
        Row{"<bo@example.net>: 550 5.1.1 unknown", "5.1.1"},
        Row{"550-5.1.1 The account does not exist", "5.1.1"},
        Row{"550 5.1.1User unknown", "5.1.1"},
        Row{"552 5.2.2-mailbox full", "5.2.2"},
        Row{"5.7.1", "5.7.1"},
        Row{"550 #5.1.0 Address rejected.", "5.1.0"},
        Row{"host said: (5.7.26)", "5.7.26"},
        Row{"[4.4.2] timed out", "4.4.2"},
        Row{"The code was 5.1.10.", "5.1.10"},
        Row{"smtp;5.4.4", "5.4.4"},
        Row{"Status: 4.2.2, retry", "4.2.2"},
        Row{"first 5.1.1 then 4.2.2", "5.1.1"},
        // IP addresses
        Row{"connection from 5.1.1.2 refused", ""},
        Row{"connection from 192.5.1.1 refused", ""},
        Row{"client [4.2.2.1] blocked", ""},
        Row{"network 5.1.1/24", ""},
        Row{"550 5.1.1.2 is listed", ""},
        Row{"550 Client 5.1.1.2 is listed 5.7.1 here", "5.7.1"},
        // versions
        Row{"Example MTA v5.1.1", ""},
        Row{"Example MTA version 5.1.1 ready", ""},
        Row{"Version: 4.5.2", ""},
        Row{"mta/5.0.3", ""},
        Row{"example-4.9.1", ""},
        Row{"kernel 5.10.0-rc1", ""},
        // neither
        Row{"", ""},
        Row{".5.1.1", ""},
        Row{"15.1.1", ""},
        Row{"5.1.1000", ""},
        Row{"5.1.", ""},
        Row{"bo@5.1.1", ""},
        Row{"3.1.1", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto status = EnhancedStatus::find_in(row.text);
        CHECK((status.has_value() ? status->text() : "") == row.want);
    }
}

}  // namespace holdback::mail
