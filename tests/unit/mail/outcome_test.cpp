// SPDX-License-Identifier: Apache-2.0
#include "mail/outcome.hpp"

#include "mail/ip_address.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("the results of a delivery have wire names that lead back") {
    CHECK(wire_name(DeliveryResult::Sent) == "sent");
    CHECK(wire_name(DeliveryResult::Deferred) == "deferred");
    CHECK(wire_name(DeliveryResult::Bounced) == "bounced");
    CHECK(parse_delivery_result("sent") == DeliveryResult::Sent);
    CHECK(parse_delivery_result("deferred") == DeliveryResult::Deferred);
    CHECK(parse_delivery_result("bounced") == DeliveryResult::Bounced);
    CHECK_FALSE(parse_delivery_result("expired").has_value());
}

TEST_CASE("a recipient's key is that of its address, or its text where it is no address") {
    CHECK(recipient_key("Bo@Example.NET.") == "bo@example.net");
    CHECK(recipient_key(R"("Bo B"@example.net)") == R"("bo b"@example.net)");
    CHECK(recipient_key("Root") == "root");
    CHECK(recipient_domain("bo@example.net") == "example.net");
    CHECK(recipient_domain(R"("a@b"@example.net)") == "example.net");
    CHECK(recipient_domain("root").empty());
}

TEST_CASE("mail is accepted when SMTP has taken it beyond the relays that hand it on") {
    const std::array networks{Network::parse("127.0.0.0/8").value(),
                              Network::parse("192.0.2.0/24").value()};
    struct Row {
        DeliveryResult result;
        std::string_view mailer;
        std::string_view address;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {DeliveryResult::Sent, "smtp", "198.51.100.1", true},
        {DeliveryResult::Sent, "esmtp", "2001:db8::1", true},
        {DeliveryResult::Sent, "relay", "198.51.100.1", true},
        {DeliveryResult::Deferred, "smtp", "198.51.100.1", false},
        {DeliveryResult::Bounced, "smtp", "198.51.100.1", false},
        {DeliveryResult::Sent, "smtp", "127.0.0.1", false},
        {DeliveryResult::Sent, "smtp", "192.0.2.9", false},
        {DeliveryResult::Sent, "smtp", "", false},
        {DeliveryResult::Sent, "smtp", "private/filter", false},
        {DeliveryResult::Sent, "lmtp", "198.51.100.1", false},
        {DeliveryResult::Sent, "local", "", false},
        {DeliveryResult::Sent, "discard", "", false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.mailer);
        CAPTURE(row.address);
        MtaOutcome outcome;
        outcome.result = row.result;
        outcome.mailer = std::string(row.mailer);
        outcome.relay_address = std::string(row.address);
        CHECK(is_acceptance(outcome, networks) == row.want);
    }
}

TEST_CASE("a refusal comes from the recipient's server, or from a relay of ours") {
    const std::array networks{Network::parse("127.0.0.0/8").value()};
    MtaOutcome outcome;
    outcome.result = DeliveryResult::Bounced;
    outcome.mailer = "esmtp";
    CHECK_FALSE(reached_recipients_server(outcome, networks));
    outcome.relay = "mx.example.net";
    CHECK(reached_recipients_server(outcome, networks));
    outcome.relay_address = "198.51.100.1";
    CHECK(reached_recipients_server(outcome, networks));
    outcome.relay_address = "127.0.0.1";
    CHECK_FALSE(reached_recipients_server(outcome, networks));
    outcome.relay_address = "private/filter";
    CHECK_FALSE(reached_recipients_server(outcome, networks));
    outcome.relay_address = "198.51.100.1";
    outcome.mailer = "lmtp";
    CHECK_FALSE(reached_recipients_server(outcome, networks));
}

TEST_CASE("an MTA's answer names the queue id under which it took a message") {
    struct Row {
        std::string_view reply;
        std::optional<std::string> want;
    };
    const auto rows = std::to_array<Row>({
        {"250 2.0.0 Ok: queued as 4XkQ2z1vYxz3m", "4XkQ2z1vYxz3m"},
        {"250 2.0.0 Ok: queued as 7C0E2A01F5", "7C0E2A01F5"},
        {"250 2.0.0 4ABLfK2u001234 Message accepted for delivery", "4ABLfK2u001234"},
        {"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as ABCDE12", "ABCDE12"},
        {"250 2.0.0 taken", std::nullopt},
        {"250 2.0.0 Ok: queued as ", std::nullopt},
        {"250 2.0.0 Ok: queued as a;b-c-d", std::nullopt},
        {"250 Message accepted for delivery", std::nullopt},
        {"", std::nullopt},
    });
    for (const Row& row : rows) {
        CAPTURE(row.reply);
        CHECK(queue_id_in_reply(row.reply) == row.want);
    }
}

}  // namespace holdback::mail
