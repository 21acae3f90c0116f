// SPDX-License-Identifier: Apache-2.0
#include "outbound/fingerprint.hpp"

#include "mail/header.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

mail::HeaderList headers_of(const Fields& fields) {
    mail::HeaderList headers;
    for (const auto& [name, value] : fields) {
        headers.add(name, value);
    }
    return headers;
}

std::string digest(const Fields& fields, std::string_view queue_id) {
    return header_digest(headers_of(fields), queue_id);
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

TEST_CASE("what we write ourselves makes no other message") {
    const Fields first{{"Subject", " a"}};
    const Fields again{{"X-Holdback-Seal", " hb1.x"}, {"Subject", " a"}, {"X-Holdback-Tag", " t"}};
    CHECK(digest(first, "Q1") == digest(again, "Q2"));
}

TEST_CASE(
    "a message is known by its Message-ID, Date and From, and by what the MTA has not added") {
    const auto identity = [](const Fields& fields) { return identity_digest(headers_of(fields)); };
    const auto may_be = [](const Fields& later, const Fields& first) {
        const std::string wanted = identity_digest(headers_of(first));
        const std::vector<std::string> earlier = earlier_identities(headers_of(later));
        return std::ranges::find(earlier, wanted) != earlier.end();
    };
    const Fields whole{{"Message-ID", " <1@a>"}, {"Date", " 1"}, {"From", " a@b"}};
    const Fields other{{"Message-ID", " <2@a>"}, {"Date", " 1"}, {"From", " a@b"}};
    CHECK(identity(whole) == identity({{"Subject", " [SPAM] x"},
                                       {"message-id", "\r\n\t<1@a>"},
                                       {"Date", " 1 "},
                                       {"From", " a@b"}}));
    CHECK(identity(whole) != identity(other));
    CHECK(may_be(whole, whole));
    CHECK(may_be(whole, {{"From", " a@b"}}));
    CHECK(may_be(whole, {{"Date", " 1"}, {"From", " a@b"}}));
    CHECK(may_be(whole, {{"Message-ID", " <1@a>"}}));
    CHECK_FALSE(may_be(whole, other));
    CHECK_FALSE(may_be(whole, {{"From", " x@b"}}));
    CHECK_FALSE(may_be(whole, {{"Subject", " x"}}));
    CHECK_FALSE(may_be({{"From", " a@b"}}, whole));
}

TEST_CASE("another subject, another body, another message") {
    CHECK(digest({{"Subject", " a"}}, "") != digest({{"Subject", " b"}}, ""));
    CHECK(fingerprint("h", "b1") != fingerprint("h", "b2"));
    CHECK(fingerprint("h", "b") == fingerprint("h", "b"));
}

}  // namespace holdback::outbound
