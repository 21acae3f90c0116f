// SPDX-License-Identifier: Apache-2.0
#include "lists/list_format.hpp"

#include "core/clock.hpp"
#include "core/iso_time.hpp"
#include "core/text.hpp"
#include "lists/access_map.hpp"
#include "lists/list_rows.hpp"
#include "lists/list_shape.hpp"
#include "lists/time_text.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::lists {

namespace {

using terms::SuppressionEntry;
using terms::SuppressionReason;

constexpr core::TimePoint kNow{std::chrono::milliseconds(1'800'000'000'000)};
constexpr std::string_view kSeen = "2023-11-14T22:13:20.000Z";

std::vector<std::string> cells(std::string_view row, char separator) {
    std::vector<std::string> found;
    for (const std::string_view cell : core::split(row, separator)) {
        found.emplace_back(cell);
    }
    return found;
}

RowOutcome parse(std::string_view header, std::string_view row, std::string_view forced = "") {
    const auto shape = recognize(header, forced.empty() ? std::nullopt : std::optional(forced));
    REQUIRE(shape.has_value());
    return RowParser(*shape, {.now = kNow})
        .parse(shape->separator.has_value() ? cells(row, *shape->separator)
                                            : std::vector<std::string>{std::string(row)});
}

}  // namespace

TEST_CASE("exports of mail services are known by their header") {
    struct Row {
        std::string_view header;
        std::string_view format;
        std::string_view row;
        SuppressionReason reason;
        int code;
    };
    using enum SuppressionReason;
    const auto rows = std::to_array<Row>({
        {"EmailAddress,Reason,LastUpdateTime",
         "ses",
         "bo@example.net,BOUNCE,1700000000",
         Bounce,
         2001},
        {"Email address,Reason,Last update time",
         "ses",
         "bo@example.net,COMPLAINT,2023-11-14 22:13:20",
         Complaint,
         5002},
        {"address,code,error,created_at",
         "mailgun-bounces",
         "bo@example.net,550,5.1.2 no such domain,Tue; 14 Nov",
         Bounce,
         2002},
        {"address,tags,created_at",
         "mailgun-unsubscribes",
         "bo@example.net,*,14 Nov 2023 22:13:20 UTC",
         Unsubscribe,
         5003},
        {"address,created_at",
         "mailgun-complaints",
         "bo@example.net,2023-11-14T22:13:20Z",
         Complaint,
         5002},
        {"status,reason,email,created",
         "sendgrid-bounces",
         "5.2.2,mailbox full,bo@example.net,1700000000",
         Bounce,
         3001},
        {"email,created,ip",
         "sendgrid-spam-reports",
         "bo@example.net,1700000000,192.0.2.1",
         Complaint,
         5002},
        {"email,created,reason",
         "sendgrid-invalid",
         "bo@example.net,1700000000,Mail domain mentioned in email address is unknown",
         Bounce,
         2001},
        {"email,created", "sendgrid-unsubscribes", "bo@example.net,1700000000", Unsubscribe, 5003},
        {"EmailAddress,SuppressionReason,Origin,CreatedAt",
         "postmark",
         "bo@example.net,HardBounce,Recipient,2023-11-14T22:13:20+00:00",
         Bounce,
         2001},
        {"EmailAddress,SuppressionReason,Origin,CreatedAt",
         "postmark",
         "bo@example.net,SpamComplaint,Recipient,2023-11-14T23:13:20+01:00",
         Complaint,
         5002},
        {"recipient,type,source,description,created",
         "sparkpost",
         "bo@example.net,non_transactional,List Unsubscribe,text,2023-11-14T22:13:20Z",
         Unsubscribe,
         5003},
        {"recipient,type,source,description,created",
         "sparkpost",
         "bo@example.net,transactional,Bounce Rule,550 5.1.1 unknown,2023-11-14T22:13:20Z",
         Bounce,
         2001},
        {"type,address,reason,timestamp,keep_until",
         "postal",
         "recipient,bo@example.net,too many soft fails,1700000000.0,1800000000.0",
         Bounce,
         2001},
        {"uuid,email,name,attributes,status,created_at,updated_at",
         "listmonk-subscribers",
         "1,bo@example.net,Bo,{},blocklisted,2023-11-14 22:13:20.000000+00,",
         Manual,
         1999},
        {"email,type,source,created_at",
         "listmonk-bounces",
         "bo@example.net,hard,ses,2023-11-14T22:13:20Z",
         Bounce,
         2001},
        {"Name;E-Mail;Reason;Date",
         "csv",
         "Bo;bo@example.net;unsubscribed;2023-11-14 22:13:20",
         Unsubscribe,
         5003},
    });
    for (const Row& row : rows) {
        CAPTURE(row.header);
        CAPTURE(row.row);
        const auto shape = recognize(row.header, std::nullopt);
        REQUIRE(shape.has_value());
        CHECK(wire_name(shape->format) == row.format);
        const RowOutcome outcome = parse(row.header, row.row);
        const auto* const entry = std::get_if<SuppressionEntry>(&outcome);
        if (row.row.contains("Tue;")) {
            CHECK(std::holds_alternative<BadRow>(outcome));
            continue;
        }
        REQUIRE(entry != nullptr);
        CHECK(entry->subject == "bo@example.net");
        CHECK(entry->reason == row.reason);
        CHECK(entry->code.number() == row.code);
        CHECK(entry->source == terms::SuppressionSource::Import);
        CHECK(core::iso_time_ms(entry->last_seen) == kSeen);
        CHECK(entry->first_seen == entry->last_seen);
    }
}

TEST_CASE("a forced format reads a header that fits another") {
    const RowOutcome outcome = parse("email,created,reason,status",
                                     "bo@example.net,1700000000,blocked by policy,5.7.1",
                                     "sendgrid-blocks");
    const auto* const entry = std::get_if<SuppressionEntry>(&outcome);
    REQUIRE(entry != nullptr);
    CHECK(entry->code == terms::FailureCode(1999));
    const RowOutcome bounce = parse("email,created,reason,status",
                                    "bo@example.net,1700000000,blocked by policy,5.7.1",
                                    "sendgrid-bounces");
    CHECK(std::holds_alternative<SuppressionEntry>(bounce));
    CHECK(std::holds_alternative<PassedOver>(parse("email,created,reason,status",
                                                   "bo@example.net,1700000000,try later,4.7.0",
                                                   "sendgrid-blocks")));
    CHECK(recognize("address,tag,created_at", "mailgun")->format ==
          ListFormat::MailgunUnsubscribes);
    CHECK_FALSE(recognize("a,b,c", "postmark").has_value());
    CHECK(recognize("email,created", "plain")->format == ListFormat::Plain);
    CHECK(recognize("email,opens", "mailchimp")->format == ListFormat::MailchimpSubscribers);
    CHECK(recognize("email,opens", "mailgun")->format == ListFormat::MailgunBounces);
    CHECK(is_format_name("sendgrid"));
    CHECK(is_format_name("listmonk-bounces"));
    CHECK_FALSE(is_format_name("listmonk-"));
    CHECK_FALSE(is_format_name("excel"));
}

TEST_CASE("people are told of each format, or of its service") {
    CHECK(format_names() ==
          "plain, csv, holdback, ses, mailgun, sendgrid, postmark, sparkpost, postal, listmonk, "
          "mailchimp, brevo, hubspot, activecampaign, mautic, civicrm, phplist, mailman");
    for (const ListFormat format : kAllListFormats) {
        CHECK(find_format(wire_name(format)) == format);
    }
}

TEST_CASE("lines without a header are a plain list") {
    struct Row {
        std::string_view line;
        std::string_view subject;  // "": passed over; "!": bad
    };
    const auto rows = std::to_array<Row>({
        {"Bo@Example.net", "bo@example.net"},
        {"  bo@example.net  # left", "bo@example.net"},
        {"a#b@example.net", "a#b@example.net"},
        {"# comment", ""},
        {"example.net", "example.net"},
        {".example.net", ".example.net"},
        {"*@*.example.net", "*@*.example.net"},
        {"nonsense", "!"},
        {"bo@", "!"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const RowOutcome outcome = parse("ann@example.net", row.line);
        const auto* const entry = std::get_if<SuppressionEntry>(&outcome);
        std::string said = entry == nullptr ? "" : entry->subject;
        if (std::holds_alternative<BadRow>(outcome)) {
            said = "!";
        }
        CHECK(said == row.subject);
    }
    CHECK(recognize("bo@example.net,BOUNCE", std::nullopt)->format == ListFormat::Ses);
}

TEST_CASE("rows that say nothing about a suppression are passed over, bad ones explained") {
    CHECK(
        std::holds_alternative<PassedOver>(parse("uuid,email,status", "1,bo@example.net,enabled")));
    CHECK(
        std::holds_alternative<PassedOver>(parse("email,type,source", "bo@example.net,soft,ses")));
    CHECK(
        std::get<BadRow>(parse("email,created", "bo@example.net,yesterday")).why.contains("time"));
    CHECK(std::get<BadRow>(parse("email,created", "bo.example,1700000000"))
              .why.contains("is not an address"));
    CHECK(std::holds_alternative<SuppressionEntry>(parse("domain", "bo.example")));
    CHECK(std::holds_alternative<BadRow>(parse("email,created", "bo,1700000000")));
    CHECK(std::holds_alternative<BadRow>(parse("email,created", "")));
}

TEST_CASE("exports with words of status suppress whom they name and pass the living over") {
    struct Row {
        std::string_view header;
        std::string_view row;
        std::string_view said;  // a reason, "pass WORD", "unknown WORD"
        std::string_view format = "csv";
    };
    const auto rows = std::to_array<Row>({
        {"Email,Status", "bo@example.net,active", "pass active"},
        {"Email,Status", "bo@example.net,Subscribed", "pass subscribed"},
        {"Email,Status", "bo@example.net,Delivered", "pass delivered"},
        {"Email,Status", "bo@example.net,soft bounce", "pass soft bounce"},
        {"Email,Status", "bo@example.net,Unsubscribed", "unsubscribe"},
        {"Email,Status", "bo@example.net,Bounced", "bounce"},
        {"Email,Status", "bo@example.net,Unconfirmed", "pass unconfirmed"},
        {"Email,Status", "bo@example.net,not bounced", "pass notbounced"},
        {"Email,Status", "bo@example.net,not delivered", "unknown not delivered"},
        {"Email,Status", "bo@example.net,gold", "unknown gold"},
        {"Email,Status", "bo@example.net,", "pass no status"},
        {"Email,Status", "bo@example.net,550 5.1.1 no such user", "bounce"},
        {"Email,Status", "bo@example.net,4.2.2", "pass soft bounce"},
        {"Email,Status,Bounce type", "bo@example.net,bounced,soft", "pass soft bounce"},
        {"Email,Type,Source", "bo@example.net,hard,manual import", "bounce", "listmonk-bounces"},
        {"Email,Source", "bo@example.net,web shop", "manual"},
        {"Email,Name", "bo@example.net,Bo", "manual"},
        {"Email Address,First Name,MEMBER_RATING,EUID",
         "bo@example.net,Bo,2,ab12",
         "pass subscribed",
         "mailchimp-subscribers"},
        {"Email Address,MEMBER_RATING,UNSUB_TIME,UNSUB_REASON",
         "bo@example.net,2,2023-11-14 22:13:20,NORMAL",
         "unsubscribe",
         "mailchimp-unsubscribes"},
        {"Email Address,MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE",
         "bo@example.net,2,2023-11-14 22:13:20,Spring",
         "bounce",
         "mailchimp-cleaned"},
        {"st_text,ts,sub,frm,email",
         "Hard bounce,1,Hi,us@example.org,bo@example.net",
         "bounce",
         "brevo"},
        {"st_text,ts,sub,frm,email",
         "Soft bounce,1,Hi,us@example.org,bo@example.net",
         "pass soft bounce",
         "brevo"},
        {"st_text,ts,sub,frm,email",
         "First opening,1,Hi,us@example.org,bo@example.net",
         "pass firstopening",
         "brevo"},
        {"st_text,ts,sub,frm,email",
         "Complaint,1,Hi,us@example.org,bo@example.net",
         "complaint",
         "brevo"},
        {"Record ID,Email,Unsubscribed from all email,Email hard bounce reason",
         "1,bo@example.net,true,",
         "unsubscribe",
         "hubspot"},
        {"Record ID,Email,Unsubscribed from all email,Email hard bounce reason",
         "1,bo@example.net,false,UNKNOWN_USER",
         "bounce",
         "hubspot"},
        {"Record ID,Email,Unsubscribed from all email,Email hard bounce reason",
         "1,bo@example.net,,",
         "pass no status",
         "hubspot"},
        // A wish about one kind of mail is none about all.
        {"Record ID,Email,Unsubscribed from all email,Opted out of email: One to One",
         "1,bo@example.net,,true",
         "pass opted out of one kind of mail",
         "hubspot"},
        {"Record ID,Email,Unsubscribed from all email,Opted out of email: One to One",
         "1,bo@example.net,true,true",
         "unsubscribe",
         "hubspot"},
        {"Record ID,Email,Opted out of email: One to One",
         "1,bo@example.net,false",
         "pass no status",
         "hubspot"},
        {"Record ID,Email,hs_email_optout,hs_email_optout_4711",
         "1,bo@example.net,false,true",
         "pass opted out of one kind of mail",
         "hubspot"},
        {"Record ID,Email,hs_email_optout,hs_email_optout_4711",
         "1,bo@example.net,true,",
         "unsubscribe",
         "hubspot"},
        {"Record ID,Email,Opted out of email", "1,bo@example.net,true", "unsubscribe", "hubspot"},
        {"Contact ID,Email,DNC reason", "1,bo@example.net,2", "bounce", "mautic"},
        {"Contact ID,Email,DNC reason", "1,bo@example.net,0", "pass 0", "mautic"},
        {"email,channel,reason", "bo@example.net,email,1", "unsubscribe", "mautic"},
        {"email,channel,reason", "bo@example.net,sms,1", "pass sms", "mautic"},
        {"Contact ID,Email,Do Not Email,No Bulk Emails (User Opt Out),On Hold",
         "1,bo@example.net,No,Yes,No",
         "unsubscribe",
         "civicrm"},
        {"Contact ID,Email,Do Not Email,No Bulk Emails (User Opt Out),On Hold",
         "1,bo@example.net,No,No,On Hold Bounce",
         "bounce",
         "civicrm"},
        {"Contact ID,Email,Do Not Email,No Bulk Emails (User Opt Out),On Hold",
         "1,bo@example.net,,,",
         "pass no status",
         "civicrm"},
        {"Email,On Hold", "bo@example.net,2", "unsubscribe", "civicrm"},
        {"email,confirmed,blacklisted,bouncecount,htmlemail",
         "bo@example.net,1,1,3,1",
         "manual",
         "phplist"},
        {"email,confirmed,blacklisted,bouncecount,htmlemail",
         "bo@example.net,1,0,3,1",
         "pass confirmed",
         "phplist"},
        {"email,display_name,delivery_status",
         "bo@example.net,Bo,DeliveryStatus.by_bounces",
         "bounce",
         "mailman"},
        {"email,display_name,delivery_status",
         "bo@example.net,Bo,by_user",
         "pass byuser",
         "mailman"},
        {"Email,First Name,Status", "bo@example.net,Bo,Active", "pass active"},
        {"Email,First Name,Date Subscribed,Status",
         "bo@example.net,Bo,2023-11-14,Bounced",
         "bounce",
         "activecampaign"},
        {"Email,Status,IP Address,Tags",
         "bo@example.net,Unsubscribed,192.0.2.1,",
         "unsubscribe",
         "activecampaign"},
        // Counts are no flags, links neither, but times are.
        {"Record ID,Email,Marketing emails bounced",
         "1,bo@example.net,2",
         "pass no status",
         "hubspot"},
        {"Record ID,Email,Marketing emails bounced",
         "1,bo@example.net,1",
         "pass no status",
         "hubspot"},
        {"Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report",
         "bo@example.net,TRUE,FALSE,FALSE",
         "bounce",
         "hubspot"},
        {"Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report",
         "bo@example.net,FALSE,FALSE,TRUE",
         "complaint",
         "hubspot"},
        {"Email,Active,Bounces", "bo@example.net,1,1", "pass active"},
        {"Email,Active,Bounced", "bo@example.net,1,2", "pass active"},
        {"Email,Active,Bounced", "bo@example.net,1,2.0", "pass active"},
        {"Email,Active,Bounced", "bo@example.net,1,1", "bounce"},
        {"Email,Active,Bounced", "bo@example.net,1,1700000000", "bounce"},
        {"Email,Active,Bounced at", "bo@example.net,1,20231114", "bounce"},
        {"Email,Active,Unsubscribe", "bo@example.net,1,https://example.org/u?1", "pass active"},
        {"Email,Active,Unsubscribe", "bo@example.net,1,mailto:u@example.org", "pass active"},
        {"Email,Active,Unsubscribed", "bo@example.net,1,2023-11-14 22:13", "unsubscribe"},
        {"Email,Active,Unsubscribe source", "bo@example.net,1,footer", "unsubscribe"},
        {"Email,Active,SMS blacklisted", "bo@example.net,1,1", "pass active"},
        // Contacts of which nothing is told.
        {"EMAIL,FIRSTNAME,ADDED_TIME,MODIFIED_TIME",
         "bo@example.net,Bo,2023-11-14,2023-11-14",
         "pass no status",
         "brevo"},
        {"EMAIL,EMAIL_MARKETING,ADDED_TIME,MODIFIED_TIME",
         "bo@example.net,unsubscribed,2023-11-14,2023-11-14",
         "unsubscribe",
         "brevo"},
        {"EMAIL,EMAIL_BLACKLISTED,SMS_BLACKLISTED,ADDED_TIME,MODIFIED_TIME",
         "bo@example.net,false,true,2023-11-14,2023-11-14",
         "pass no status",
         "brevo"},
        {"EMAIL,EMAIL_BLACKLISTED,SMS_BLACKLISTED,ADDED_TIME,MODIFIED_TIME",
         "bo@example.net,true,false,2023-11-14,2023-11-14",
         "manual",
         "brevo"},
        // Replies for a time, and blocks among bounces.
        {"status,reason,email,created",
         "4.2.2,mailbox full,bo@example.net,1700000000",
         "pass soft bounce",
         "sendgrid-bounces"},
        {"status,reason,email,created",
         ",452 4.2.2 mailbox full,bo@example.net,1700000000",
         "pass soft bounce",
         "sendgrid-bounces"},
        {"status,reason,email,created",
         "5.7.1,550 5.7.1 blocked by policy,bo@example.net,1700000000",
         "pass block",
         "sendgrid-bounces"},
        {"status,reason,email,created",
         "5.0.0,550 listed by a Blacklist,bo@example.net,1700000000",
         "pass block",
         "sendgrid-bounces"},
        {"status,reason,email,created",
         "5.1.1,550 5.1.1 no such user; not spam,bo@example.net,1700000000",
         "bounce",
         "sendgrid-bounces"},
        {"address,code,error,created_at",
         "bo@example.net,450,greylisted,2023-11-14",
         "pass soft bounce",
         "mailgun-bounces"},
        {"address,code,error,created_at",
         "bo@example.net,605,Not delivering to previously bounced address,2023-11-14",
         "bounce",
         "mailgun-bounces"},
        {"EmailAddress,SuppressionReason,Origin",
         "bo@example.net,Whim,Us",
         "unknown Whim",
         "postmark"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.header);
        CAPTURE(row.row);
        CHECK(wire_name(recognize(row.header, std::nullopt)->format) == row.format);
        const RowOutcome outcome = parse(row.header, row.row);
        std::string said = "bad";
        if (const auto* const entry = std::get_if<SuppressionEntry>(&outcome)) {
            said = wire_name(entry->reason);
        } else if (const auto* const passed = std::get_if<PassedOver>(&outcome)) {
            said = "pass " + passed->what;
        } else if (const auto* const unknown = std::get_if<UnknownStatus>(&outcome)) {
            said = "unknown " + unknown->word;
        }
        CHECK(said == row.said);
    }
}

TEST_CASE("what a list does not tell, the caller may") {
    const auto shape = recognize("Email,Status", std::nullopt);
    REQUIRE(shape.has_value());
    const RowParser told(*shape, {.now = kNow, .reason = SuppressionReason::Complaint});
    const auto reason_of = [&](const RowParser& parser, std::string_view row) {
        const RowOutcome outcome = parser.parse(cells(row, ','));
        const auto* const entry = std::get_if<SuppressionEntry>(&outcome);
        return entry == nullptr ? "" : wire_name(entry->reason);
    };
    CHECK(reason_of(told, "bo@example.net,gold") == "complaint");
    CHECK(reason_of(told, "bo@example.net,") == "complaint");
    CHECK(reason_of(told, "bo@example.net,active") == "");
    const RowParser counting(*shape, {.now = kNow, .reason = {}, .soft = SoftBounces::Count});
    const RowOutcome soft = counting.parse(cells("bo@example.net,soft bounce", ','));
    const auto* const strike = std::get_if<SuppressionEntry>(&soft);
    REQUIRE(strike != nullptr);
    CHECK_FALSE(strike->active);
    CHECK(strike->strikes == 1);
    CHECK(strike->code == terms::FailureCode(3003));
}

TEST_CASE("an entry survives our own CSV without loss") {
    SuppressionEntry entry;
    entry.kind = terms::SubjectKind::Address;
    entry.subject = "a*b@example.net";
    entry.scope = terms::SuppressionScope::parse("news@example.org").value();
    entry.reason = SuppressionReason::Bounce;
    entry.code = terms::FailureCode(2004);
    entry.source = terms::SuppressionSource::Learned;
    entry.strikes = 3;
    entry.first_seen = kNow - std::chrono::hours(30);
    entry.last_seen = kNow - std::chrono::milliseconds(1);
    entry.expires = kNow + std::chrono::milliseconds(7);
    entry.active = false;
    entry.proof = terms::Proof::Sealed;
    entry.rule = "text/moved";
    entry.diagnostic = "=550 \"no\"";
    entry.message_id = "<1@example.org>";
    const std::string row = own_row(entry);
    CHECK(row.ends_with(",\"'=550 \"\"no\"\"\",<1@example.org>\n"));
    std::string header;
    for (const std::string_view name : own_columns()) {
        header += (header.empty() ? "" : ",") + std::string(name);
    }
    std::vector<std::string> fields = cells(row.substr(0, row.size() - 1), ',');
    fields.at(13) = "'" + entry.diagnostic;
    const auto shape = recognize(header, std::nullopt);
    REQUIRE(shape.has_value());
    CHECK(shape->format == ListFormat::Holdback);
    const RowOutcome outcome = RowParser(*shape, {.now = kNow}).parse(fields);
    REQUIRE(std::holds_alternative<SuppressionEntry>(outcome));
    CHECK(std::get<SuppressionEntry>(outcome) == entry);
    fields.at(3) = "whim";
    CHECK(std::get<BadRow>(RowParser(*shape, {.now = kNow}).parse(fields)).why ==
          "\"whim\" is not known as reason");
}

TEST_CASE("times of many spellings") {
    const auto rows = std::to_array<std::string_view>({
        "1700000000",
        "1700000000.0",
        "1700000000000",
        "2023-11-14T22:13:20Z",
        "2023-11-14 22:13:20",
        "2023/11/14 22:13:20",
        "2023-11-14T22:13:20.000999+00:00",
        "2023-11-14 23:13:20+01",
        "2023-11-14T17:13:20-0500",
        "2023-11-14 22:13:20 +0000 UTC",
        "Tue, 14 Nov 2023 22:13:20 GMT",
        "14 November 2023 22:13:20 +0000",
    });
    for (const std::string_view text : rows) {
        CAPTURE(text);
        const auto time = parse_time(text);
        REQUIRE(time.has_value());
        CHECK(core::iso_time_ms(*time) == kSeen);
    }
    CHECK(core::iso_time_ms(parse_time("2024-02-29").value()) == "2024-02-29T00:00:00.000Z");
    for (const std::string_view text : {"",
                                        "2023-02-29",
                                        "2023-13-01",
                                        "25:00",
                                        "yesterday",
                                        "2023-11-14 25:00:00",
                                        "-1",
                                        "99999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time(text).has_value());
    }
}

TEST_CASE("access maps say what they can") {
    SuppressionEntry entry;
    entry.subject = "bo@example.net";
    entry.reason = SuppressionReason::Bounce;
    entry.code = terms::FailureCode(2001);
    CHECK(postfix_lines(entry).value() ==
          "bo@example.net\tREJECT 5.1.1 mail to this recipient bounced before\n");
    CHECK(sendmail_lines(entry).value() ==
          "To:bo@example.net\tERROR:5.1.1:\"550 mail to this recipient bounced before\"\n");
    entry.reason = SuppressionReason::Allow;
    CHECK(postfix_lines(entry).value() == "bo@example.net\tDUNNO\n");
    CHECK(sendmail_lines(entry).value() == "To:bo@example.net\tOK\n");
    entry.kind = terms::SubjectKind::Suffix;
    entry.subject = ".example.net";
    CHECK(postfix_lines(entry).value() == "example.net\tDUNNO\n.example.net\tDUNNO\n");
    CHECK(sendmail_lines(entry).value() == "To:example.net\tOK\n");
    entry.kind = terms::SubjectKind::Address;
    for (const std::string_view subject :
         {"\"a b\"@example.net",
          "#a@example.net",
          "a@[192.0.2.1]",
          "bo\xC2\x9B@example.net",         // CSI, which drives a terminal
          "bo\xE2\x80\xAE@example.net"}) {  // turns the direction of writing
        entry.subject = subject;
        CHECK(postfix_lines(entry).error() == NoLine::Syntax);
        CHECK(sendmail_lines(entry).error() == NoLine::Syntax);
    }
    entry.subject = "bo@example.net";
    entry.scope = terms::SuppressionScope::parse("example.org").value();
    CHECK(postfix_lines(entry).error() == NoLine::Scoped);
    entry.form = terms::SubjectForm::Hashed;
    CHECK(sendmail_lines(entry).error() == NoLine::Hashed);
}

}  // namespace holdback::lists
