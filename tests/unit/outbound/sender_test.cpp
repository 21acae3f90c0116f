// SPDX-License-Identifier: Apache-2.0
#include "outbound/sender.hpp"

#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

mail::EnvelopeSender address(std::string_view text) {
    return mail::Address::parse(text, mail::Smtputf8::Yes)->value;
}

config::SenderLogins logins(std::string_view lines) {
    config::SenderLogins all;
    all.add(std::make_shared<const config::LoginSource>(config::LoginSource{
        .name = "file:/senders", .content = config::parse_user_senders(lines).value()}));
    return all;
}

}  // namespace

TEST_CASE("only senders of listed domains may send, and everybody when none is listed") {
    struct Row {
        std::string_view what;
        mail::EnvelopeSender sender;
        bool admitted_by_list;
    };
    const auto rows = std::to_array<Row>({
        {"a listed domain", address("news@example.org"), true},
        {"a listed domain in capitals", address("news@EXAMPLE.ORG"), true},
        {"another domain", address("news@example.net"), false},
        {"below a listed domain", address("news@lists.example.org"), false},
        {"the null sender", mail::NullSender{}, true},
        {"a text that is no address", std::string("root"), false},
    });
    config::OutgoingSettings listed;
    listed.sender_domains = {"example.org"};
    const config::OutgoingSettings open;
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK_FALSE(sender_refusal(row.sender, "ann", open, {}).has_value());
        const auto refusal = sender_refusal(row.sender, "ann", listed, {});
        CHECK(refusal.has_value() != row.admitted_by_list);
        if (refusal.has_value()) {
            CHECK(refusal->reply.line().starts_with("550 5.1.0 "));
            CHECK(refusal->reason == "sender-not-enrolled");
        }
    }
}

TEST_CASE("a user may use his senders alone; nobody else is asked") {
    struct Row {
        std::string_view what;
        std::string_view user;
        mail::EnvelopeSender sender;
        bool refused;
    };
    const auto rows = std::to_array<Row>({
        {"his own", "ann", address("ann@example.org"), false},
        {"another's", "ann", address("bob@example.org"), true},
        {"no address", "ann", std::string("root"), true},
        {"the null sender", "ann", mail::NullSender{}, false},
        {"without a login", "", address("bob@example.org"), false},
        {"a user without a line", "carl", address("bob@example.org"), false},
    });
    const config::SenderLogins all = logins("ann ann@example.org");
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto refusal = sender_refusal(row.sender, row.user, {}, all);
        CHECK(refusal.has_value() == row.refused);
        if (refusal.has_value()) {
            CHECK(refusal->reply.line().starts_with("550 5.1.0 user ann may not send as "));
            CHECK(refusal->reason == "sender-not-permitted");
        }
    }
    config::OutgoingSettings listed;
    listed.sender_domains = {"example.net"};
    CHECK(sender_refusal(address("bob@example.org"), "ann", listed, all)->reason ==
          "sender-not-enrolled");
}

TEST_CASE("the refusal names the user and the sender in safe words") {
    const config::SenderLogins all = logins("* ann@example.org");
    const auto line = [&](std::string_view user, const mail::EnvelopeSender& sender) {
        return sender_refusal(sender, user, {}, all)->reply.line();
    };
    CHECK(line("bob", address("b%s@example.org")) ==
          "550 5.1.0 user bob may not send as b%s@example.org; use a sender of your own, or ask "
          "the postmaster to allow this one");
    CHECK(line("bob\r\n", std::string("x\r\n250 ok"))
              .starts_with("550 5.1.0 user bob\\x0d\\x0a may not send as x\\x0d\\x0a250 ok;"));
    CHECK(line("b\xC3\xB6", address("\xC3\xB6@example.org"))
              .starts_with("550 5.1.0 user b\\xc3\\xb6 may not send as \\xc3\\xb6@example.org;"));
    CHECK(line(std::string(10'000, 'u'), std::string(10'000, 's')).size() < 450);
}

}  // namespace holdback::outbound
