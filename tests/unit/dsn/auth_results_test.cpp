// SPDX-License-Identifier: Apache-2.0
#include "dsn/auth_results.hpp"

#include "mail/address.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

bool is_believed(const Fields& fields, std::string_view author = "bo@example.net") {
    mail::HeaderList headers;
    for (const auto& [name, value] : fields) {
        headers.add(name, value);
    }
    return is_authenticated(headers,
                            mail::Address::parse(author, mail::Smtputf8::No)->value,
                            {"mx.home.test", "border.home.test"});
}

}  // namespace

TEST_CASE("results of an own service for the author's domain are believed") {
    struct Row {
        std::string_view value;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {" mx.home.test; dmarc=pass header.from=example.net", true},
        {" MX.Home.test 1; DMARC=Pass (p=none dis=none) header.from=Example.Net", true},
        {" mx.home.test;\r\n\tdkim=pass (2048-bit key) header.d=example.net header.i=@example.net "
         "header.b=\"abc=\"",
         true},
        {" mx.home.test; dkim=pass header.i=bo@example.net", true},
        {" mx.home.test; spf=pass smtp.mailfrom=bo@example.net", true},
        {" mx.home.test; spf=pass smtp.mailfrom = example.net", true},
        {" mx.home.test; spf=fail smtp.mailfrom=example.net; dkim/1=pass header.d=example.net",
         true},
        // Nothing passes, or for another domain.
        {" mx.home.test; none", false},
        {" mx.home.test; dmarc=pass header.from=example.org", false},
        {" mx.home.test; dmarc=pass", false},
        {" mx.home.test; dmarc=fail header.from=example.net", false},
        {" mx.home.test; dmarc=fail header.from=example.net; spf=pass smtp.mailfrom=example.net",
         false},
        {" mx.home.test; dmarc=none header.from=example.net", false},
        {" mx.home.test; spf=softfail smtp.mailfrom=example.net", false},
        {" mx.home.test; spf=pass smtp.mailfrom=evil.example", false},
        {" mx.home.test; spf=pass smtp.helo=example.net", false},
        {" mx.home.test; dkim=pass header.d=evil.example header.i=@example.net", false},
        {" mx.home.test; dkim=pass header.d=sub.example.net", false},
        {" mx.home.test; dkim=pass header.d=notexample.net", false},
        {" mx.home.test; auth=pass smtp.auth=bo", false},
        // Words of a stranger inside of an honest field.
        {" mx.home.test; spf=fail (dmarc=pass header.from=example.net)", false},
        {" mx.home.test; spf=fail reason=\"; dmarc=pass header.from=example.net\"", false},
        {" mx.home.test; spf=fail (\\); dmarc=pass header.from=example.net) x=y", false},
        {" mx.home.test; spf=fail smtp.mailfrom=\"a; dmarc=pass "
         "header.from=example.net\"@x.example",
         false},
        // Another service, or none.
        {" evil.example; dmarc=pass header.from=example.net", false},
        {" mx.home.test.evil.example; dmarc=pass header.from=example.net", false},
        {" (mx.home.test) evil.example; dmarc=pass header.from=example.net", false},
        {" dmarc=pass header.from=example.net", false},
        {"", false},
        // As OpenDKIM, OpenDMARC, amavis and rspamd write.
        {" mx.home.test (amavisd-new);\r\n\tdkim=pass (2048-bit key) header.d=example.net", true},
        {" mx.home.test;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=example.net "
         "header.i=@example.net header.a=rsa-sha256 header.s=s1 header.b=aB/+12;\r\n\t"
         "dkim-atps=neutral",
         true},
        {" mx.home.test; iprev=pass smtp.remote-ip=2001:db8::1; dmarc=pass (policy=reject) "
         "header.from=example.net",
         true},
        {" mx.home.test; spf=none reason=\"no record\" smtp.mailfrom=\"a b\"@x.example; dmarc=pass "
         "header.from=example.net",
         true},
        // What is not exactly in the grammar, a border may leave where it is.
        {" mx.home.test; dmarc=pass header.from=example.net;", false},
        {" mx.home.test;; dmarc=pass header.from=example.net", false},
        {" mx.home.test dmarc=pass header.from=example.net", false},
        {" mx.home.test x; dmarc=pass header.from=example.net", false},
        {" mx.home.test; none; dmarc=pass header.from=example.net", false},
        {" mx.home.test; dmarc=pass header.from=example.net (", false},
        {" mx.home.test; dmarc=pass (a)) header.from=example.net", false},
        {" mx.home.test; dmarc=pass header.from=example.net \"", false},
        {" mx.home.test; dmarc=pass header.from=\"example.net\"x", false},
        {" mx.home.test; dmarc=pass header.from=<bo@example.net>", false},
        {" mx.home.test; dmarc=pass header.from=example.net header.from=x.example", false},
        {" mx.home.test; dmarc=pass from=example.net header.from=example.net", false},
        {" mx.home.test; dmarc=pass, header.from=example.net", false},
        {" mx.home.test; dmarc/x=pass header.from=example.net", false},
        {" mx.home.test; =pass; dmarc=pass header.from=example.net", false},
        {" mx.home.test; dmarc=pass header.from=example.net\x01", false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(is_believed({{"Authentication-Results", row.value}}) == row.want);
    }
}

TEST_CASE("results count only where our border puts them") {
    constexpr std::string_view kPass = " mx.home.test; dmarc=pass header.from=example.net";
    constexpr std::string_view kFail = " border.home.test; dmarc=fail header.from=example.net";
    constexpr std::string_view kField = "Authentication-Results";
    CHECK(is_believed({{kField, kPass}, {"Received", " by mx.home.test"}}));
    CHECK(is_believed({{"DKIM-Signature", " a"}, {kField, kPass}, {"Received", " by a"}}));
    CHECK(is_believed({{"Received", " by mx.home.test"}, {kField, kPass}, {"From", " a"}}));
    CHECK_FALSE(is_believed({{"Received", " by a"}, {"From", " bo"}, {kField, kPass}}));
    CHECK_FALSE(is_believed({{"Received", " by a"}, {"Received", " by b"}, {kField, kPass}}));
    // What our border found out, wherever it stands, against what somebody wrote above it.
    CHECK_FALSE(is_believed({{kField, kPass}, {"Received", " by a"}, {kField, kFail}}));
    CHECK_FALSE(is_believed({{kField, kFail}, {kField, kPass}}));
    CHECK(is_believed({{kField, " evil.example; dmarc=fail"}, {kField, kPass}}));
    // Below what the border wrote, its name is anybody's.
    CHECK_FALSE(is_believed({{kField, " mx.home.test; dkim=none"}, {kField, kPass}}));
    CHECK_FALSE(is_believed({{kField, " mx.home.test; none"}, {kField, kPass}}));
    CHECK(is_believed({{kField, kPass}, {kField, " mx.home.test; dkim=none"}}));
    CHECK(is_believed({{kField, " border.home.test; spf=none"}, {kField, kPass}}));
    Fields many(60, {kField, " x.example; none"});
    many.emplace_back(kField, kPass);
    CHECK_FALSE(is_believed(many));
    const std::string long_value = " mx.home.test; spf=fail (" + std::string(5000, 'x') +
                                   "); dmarc=pass header.from=example.net";
    CHECK_FALSE(is_believed({{kField, long_value}}));
}

TEST_CASE("without services of one's own nothing is believed") {
    mail::HeaderList headers;
    headers.add("Authentication-Results", " mx.home.test; dmarc=pass header.from=example.net");
    CHECK_FALSE(is_authenticated(
        headers, mail::Address::parse("bo@example.net", mail::Smtputf8::No)->value, {}));
}

}  // namespace holdback::dsn
