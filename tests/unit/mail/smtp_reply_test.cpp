// SPDX-License-Identifier: Apache-2.0
#include "mail/smtp_reply.hpp"

#include "mail/enhanced_status.hpp"

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

SmtpReply reply_of(std::string_view line) {
    const auto reply = SmtpReply::parse(line);
    if (!reply.has_value()) {
        throw std::invalid_argument(std::string(line));
    }
    return *reply;
}

}  // namespace

TEST_CASE("a reply is consistent or is not made") {
    const EnhancedStatus permanent = EnhancedStatus::parse("5.1.1").value();
    CHECK(SmtpReply::make(199, std::nullopt, "x").error() == ReplyError::BadCode);
    CHECK(SmtpReply::make(600, std::nullopt, "x").error() == ReplyError::BadCode);
    CHECK(SmtpReply::make(451, permanent, "x").error() == ReplyError::ClassMismatch);
    CHECK(SmtpReply::make(354, permanent, "x").error() == ReplyError::ClassMismatch);
    REQUIRE(SmtpReply::make(550, permanent, "x").has_value());
    CHECK(SmtpReply::make(550, permanent, "No such user")->line() == "550 5.1.1 No such user");
    CHECK(SmtpReply::make(550, permanent, "")->line() == "550 5.1.1");
    CHECK(SmtpReply::make(200, std::nullopt, "")->line() == "200");
}

TEST_CASE("a reply's text is one line of printable ASCII") {
    const auto reply = SmtpReply::make(550, std::nullopt, "no\r\n250 fine\t\xC3\xBC\x7F\x01");
    REQUIRE(reply.has_value());
    CHECK(reply->text() == "no??250 fine?????");
}

TEST_CASE("a reply's first digit says whether it is positive, transient or permanent") {
    struct Row {
        int code;
        bool positive;
        bool transient;
        bool permanent;
    };
    constexpr std::array kRows{
        Row{200, true, false, false},
        Row{354, true, false, false},
        Row{399, true, false, false},
        Row{400, false, true, false},
        Row{499, false, true, false},
        Row{500, false, false, true},
        Row{599, false, false, true},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.code);
        const auto reply = SmtpReply::make(row.code, std::nullopt, "");
        REQUIRE(reply.has_value());
        CHECK(reply->is_positive() == row.positive);
        CHECK(reply->is_transient() == row.transient);
        CHECK(reply->is_permanent() == row.permanent);
    }
}

TEST_CASE("a reply line is read with or without status and text") {
    struct Row {
        std::string_view line;
        int code;
        std::string_view status;  // "" when there is none
        std::string_view text;
    };
    constexpr std::array kRows{
        Row{"550 5.1.1 No such user", 550, "5.1.1", "No such user"},
        Row{"550-5.1.1 No such user", 550, "5.1.1", "No such user"},
        Row{"550 5.1.1", 550, "5.1.1", ""},
        Row{"550 No such user", 550, "", "No such user"},
        Row{"550 ", 550, "", ""},
        Row{"550", 550, "", ""},
        Row{"250 2.0.0 Ok: queued as 4Xk2\r\n", 250, "2.0.0", "Ok: queued as 4Xk2"},
        Row{"250-first\r\n250 second\r\n", 250, "", "first"},
        // A status of another class is somebody's slip: it stays where a reader can see it.
        Row{"552 4.2.2 Mailbox full", 552, "", "4.2.2 Mailbox full"},
        Row{"550 5.1.1.2 is listed", 550, "", "5.1.1.2 is listed"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.line);
        const SmtpReply reply = reply_of(row.line);
        const auto status = EnhancedStatus::parse(row.status);
        CHECK(reply.code() == row.code);
        CHECK(reply.status() == (status.has_value() ? std::optional(*status) : std::nullopt));
        CHECK(reply.text() == row.text);
    }
}

TEST_CASE("what is no reply line is not read") {
    constexpr std::array<std::string_view, 9> kLines{
        "", "55", "5501 x", "550x", "x550", "150 x", "650 x", " 550", "+50 x"};
    for (const std::string_view line : kLines) {
        CAPTURE(line);
        CHECK_FALSE(SmtpReply::parse(line).has_value());
    }
}

}  // namespace holdback::mail
