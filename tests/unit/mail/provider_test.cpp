// SPDX-License-Identifier: Apache-2.0
#include "mail/provider.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("the organisation of a mail server is told by its name") {
    struct Row {
        std::string_view host;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"gmail-smtp-in.l.google.com.", "google.com"},
        {"GMAIL-SMTP-IN.L.GOOGLE.COM", "google.com"},
        {"mx1.example.co.uk", "example.co.uk"},
        {"example.co.uk", "example.co.uk"},
        {"co.uk", "co.uk"},
        {"mx.example.com.br", "example.com.br"},
        {"mx.example.ne.jp", "example.ne.jp"},
        {"mx.example.gob.mx", "example.gob.mx"},
        {"mx.example.de", "example.de"},
        {"mx.co.example", "co.example"},
        {"localhost", "localhost"},
        {"192.0.2.1", ""},
        {"2001:db8::1", ""},
        {"[192.0.2.1]", ""},
        {"", ""},
        {".", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.host);
        CHECK(organisation_of(row.host) == row.want);
    }
}

TEST_CASE("without a server's name the provider is the recipient's domain") {
    CHECK(provider_of("mx.example.net", "example.org") == "example.net");
    CHECK(provider_of("192.0.2.1", "Example.ORG.") == "example.org");
    CHECK(provider_of("", "mail.example.org") == "mail.example.org");
    CHECK(provider_of("", "").empty());
}

}  // namespace holdback::mail
