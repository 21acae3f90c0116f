// SPDX-License-Identifier: Apache-2.0
#include "outbound/fingerprint.hpp"

#include "mail/header.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

std::string digest(const Fields& fields, std::string_view queue_id) {
    mail::HeaderList headers;
    for (const auto& [name, value] : fields) {
        headers.add(name, value);
    }
    return header_digest(headers, queue_id);
}

}  // namespace

TEST_CASE("trace fields and folding make no other message") {
    const Fields first{{"Received", " from x by y; Sat"}, {"Subject", " a b"}};
    const Fields again{
        {"Received", " from x by y; Sun"}, {"DKIM-Signature", " v=1"}, {"subject", " a\r\n b"}};
    CHECK(digest(first, "Q1") == digest(again, "Q2"));
}

TEST_CASE("a Message-ID that the MTA made for this submission does not count") {
    const Fields first{{"Subject", " a"}, {"Message-Id", " <2026.Q1@mta.test>"}, {"Date", " 1"}};
    const Fields again{{"Subject", " a"}, {"Message-Id", " <2026.Q2@mta.test>"}, {"Date", " 2"}};
    CHECK(digest(first, "Q1") == digest(again, "Q2"));
    CHECK(digest(first, "X1") != digest(again, "X2"));
}

TEST_CASE("another subject, another body, another message") {
    CHECK(digest({{"Subject", " a"}}, "") != digest({{"Subject", " b"}}, ""));
    CHECK(fingerprint("h", "b1") != fingerprint("h", "b2"));
    CHECK(fingerprint("h", "b") == fingerprint("h", "b"));
}

}  // namespace holdback::outbound
