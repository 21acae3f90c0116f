// SPDX-License-Identifier: Apache-2.0
#include "outbound/sender.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::outbound {

TEST_CASE("only senders of listed domains may send, and everybody when none is listed") {
    struct Row {
        std::string_view what;
        mail::EnvelopeSender sender;
        bool admitted_by_list;
    };
    const auto address = [](std::string_view text) -> mail::EnvelopeSender {
        return mail::Address::parse(text, mail::Smtputf8::No)->value;
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
        CHECK_FALSE(sender_refusal(row.sender, open).has_value());
        const auto refusal = sender_refusal(row.sender, listed);
        CHECK(refusal.has_value() != row.admitted_by_list);
        if (refusal.has_value()) {
            CHECK(refusal->line().starts_with("550 5.1.0 "));
        }
    }
}

}  // namespace holdback::outbound
