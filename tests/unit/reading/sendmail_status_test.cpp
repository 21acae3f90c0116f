// SPDX-License-Identifier: Apache-2.0
#include "reading/sendmail_status.hpp"

#include "dsn/delivery_status.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"
#include "maillog/log_line.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("a status that Sendmail made up for a bare reply is none") {
    struct Row {
        std::string_view status;
        std::string_view reply;
        std::string_view worth;
    };
    const std::vector<Row> rows{
        {"5.1.1", "550 Sorry about this", "5.0.0"},
        {"5.1.6", "551 Moved", "5.0.0"},
        {"5.2.2", "552 Mailbox is", "5.0.0"},
        {"5.1.3", "553 Your sender is in my list", "5.0.0"},
        {"5.1.1", "550 5.1.1 No such user", "5.1.1"},
        {"5.7.1", "550 Blocked", "5.7.1"},
        {"5.1.1", "551 Moved", "5.1.1"},
        {"5.1.1", "", "5.1.1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.reply);
        const auto status = mail::EnhancedStatus::parse(row.status);
        REQUIRE(status.has_value());
        CHECK(without_guess(*status, mail::SmtpReply::parse(row.reply)).text() == row.worth);
    }
}

TEST_CASE("in its DSN as well, which names the recipient a third time") {
    const auto status_of = [](const std::string& field) {
        const dsn::DeliveryStatus read = dsn::parse_delivery_status(
            "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: RFC822; bo@example.net\n" + field +
            "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: SMTP; 550-Sorry about this\n");
        REQUIRE(read.recipients.size() == 1);
        const auto& status = read.recipients.front().status;
        return status.has_value() ? status->text() : std::string("none");
    };
    CHECK(status_of("X-Actual-Recipient: rfc822; bo@example.net\n") == "5.0.0");
    CHECK(status_of("") == "5.1.1");
}

}  // namespace holdback::reading
