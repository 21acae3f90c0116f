// SPDX-License-Identifier: Apache-2.0
#include "outbound/local_route.hpp"

#include "config/settings.hpp"
#include "mail/domain.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

mail::Domain domain(std::string_view text) {
    return mail::Domain::parse(text, mail::Smtputf8::Yes).value().value;
}

config::Settings settings_of_a_host() {
    config::Settings settings;
    settings.outgoing.local_domains = {"corp.example", ".branch.example", "Shop.Example."};
    settings.outgoing.local_transports = {"filter"};
    mail::DomainList destination("mydestination", mail::Subdomains::Never);
    destination.add_name("Mail.Home.test", false);
    mail::DomainList relay("relay_domains", mail::Subdomains::Always);
    relay.add_name("branch.test", false);
    settings.mta.kind = mail::MtaKind::Postfix;
    settings.mta.lists = {destination, relay};
    settings.mta.transports = {{"bulksmtp", "smtp"},
                               {"dovecot", "smtp"},
                               {"smtp", "smtp"},
                               {"store", "lmtp"},
                               {"script", "pipe"},
                               {"odd", "some-program"}};
    return settings;
}

}  // namespace

TEST_CASE(
    "a domain is local by the settings, by the MTA's lists, by its transport or by its name") {
    struct Row {
        std::string_view domain;
        std::string_view mailer;
        std::string_view why;  // empty: DNS has a say
    };
    const auto rows = std::to_array<Row>({
        {"corp.example", "", "local_domains"},
        {"mail.corp.example", "smtp", "local_domains"},
        {"notcorp.example", "", ""},
        {"branch.example", "", "local_domains"},
        {"north.branch.example", "", "local_domains"},
        {"shop.example", "", "local_domains"},
        {"mail.home.test", "", "mydestination"},
        {"mail.home.test", "smtp", "mydestination"},
        {"home.test", "", ""},
        {"x.mail.home.test", "", ""},
        {"branch.test", "relay", "relay_domains"},
        {"north.branch.test", "relay", "relay_domains"},
        {"localhost", "", "special-use"},
        {"pc.localhost", "", "special-use"},
        {"printer.local", "smtp", "special-use"},
        {"build.internal", "", "special-use"},
        {"nas.home.arpa", "", "special-use"},
        {"abc.onion", "", "special-use"},
        {"onion.example", "", ""},
        {"other.example", "", ""},
        {"other.example", "smtp", ""},
        {"other.example", "relay", ""},
        {"other.example", "ESMTP", ""},
        {"other.example", "smtp8", ""},
        // Whatever somebody calls a copy of smtp.
        {"other.example", "bulksmtp", ""},
        {"other.example", "smtpx", ""},
        {"other.example", "slow", ""},
        {"other.example", "dovecot", ""},
        {"other.example", "odd", ""},
        {"other.example", "store", "transport:store"},
        {"other.example", "script", "transport:script"},
        {"other.example", "filter", "transport:filter"},
        {"other.example", "virtual", "transport:virtual"},
        {"other.example", "local", "transport:local"},
        {"other.example", "lmtp", "transport:lmtp"},
        {"other.example", "error", "transport:error"},
        {"other.example", "*file*", "transport:*file*"},
        {"other.example", "procmail", "transport:procmail"},
        {"[198.41.0.4]", "local", ""},
    });
    const config::Settings settings = settings_of_a_host();
    for (const Row& row : rows) {
        CAPTURE(row.domain);
        CAPTURE(row.mailer);
        CHECK(why_local(domain(row.domain), row.mailer, settings).value_or("") == row.why);
    }
}

TEST_CASE("what the MTA's lists said does not follow from the settings") {
    CHECK(is_by_mta("mydestination"));
    for (const std::string_view why : {"", "local_domains", "transport:lmtp", "special-use"}) {
        CAPTURE(why);
        CHECK_FALSE(is_by_mta(why));
    }
}

}  // namespace holdback::outbound
