// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_set.hpp"

#include "config/limit.hpp"
#include "mail/ip_address.hpp"
#include "terms/stream.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::limits {

namespace {

using namespace std::chrono_literals;
using config::Limit;
using config::LimitKey;
using config::LimitStream;
using terms::Stream;

Subject subject() {
    return {.user = "Ann",
            .sender = "news@Shop.Test",
            .client = mail::IpAddress::parse("192.0.2.7"),
            .daemon = "submission"};
}

/// "limit=key" of each counter that applies, and its provider if it has one.
std::vector<std::string> counters(const LimitSet& set,
                                  const Subject& who,
                                  Stream stream = Stream::Direct,
                                  std::string_view provider = "google.com",
                                  std::string_view domain = "gmail.com") {
    std::vector<std::string> names;
    for (const Applying& one : LimitSet::applying(set.matching(who), stream, provider, domain)) {
        names.push_back(one.counter.limit + "=" + one.counter.key +
                        (one.counter.provider.empty() ? "" : "/" + one.counter.provider));
    }
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("each key knows the sender by its own name, in lower case") {
    struct Row {
        LimitKey key;
        std::string match;
        std::string counter;  // empty: none
    };
    const std::vector<Row> rows{
        {LimitKey::SaslUser, "*", "a=ann"},
        {LimitKey::SaslUser, "ANN", "a=ann"},
        {LimitKey::SaslUser, "bob", ""},
        {LimitKey::Sender, "*@shop.test", "a=news@shop.test"},
        {LimitKey::SenderDomain, "shop.test", "a=shop.test"},
        {LimitKey::SenderDomain, "test", ""},
        {LimitKey::Client, "192.0.2.0/24", "a=192.0.2.7"},
        {LimitKey::Client, "192.0.2.*", "a=192.0.2.7"},
        {LimitKey::Client, "198.51.100.0/24", ""},
        {LimitKey::Daemon, "sub*", "a=submission"},
        {LimitKey::Everyone, "*", "a="},
    };
    for (const Row& row : rows) {
        CAPTURE(wire_name(row.key));
        CAPTURE(row.match);
        const LimitSet set({Limit{.name = "a", .key = row.key, .match = row.match}}, {});
        CHECK(counters(set, subject()) == (row.counter.empty() ? Names{} : Names{row.counter}));
    }
}

TEST_CASE("a limit by something that is not known does not apply") {
    std::vector<Limit> all;
    for (const LimitKey key : config::kAllLimitKeys) {
        all.push_back({.name = std::string(wire_name(key)), .key = key});
    }
    CHECK(counters(LimitSet(all, {}), Subject{}) == Names{"everyone="});
}

TEST_CASE(
    "of one name the first table applies that takes the sender, the mail and the destination") {
    const LimitSet set({Limit{.name = "a", .key = LimitKey::SaslUser, .match = "bob"},
                        Limit{.name = "a",
                              .key = LimitKey::SaslUser,
                              .stream = LimitStream::Bulk,
                              .provider = {"google.com", "outlook.com"}},
                        Limit{.name = "b", .key = LimitKey::Everyone, .provider = {"*"}},
                        Limit{.name = "a", .key = LimitKey::SenderDomain}},
                       {});
    CHECK(counters(set, subject(), Stream::Bulk) ==
          Names{"a=ann/google.com outlook.com", "b=/google.com"});
    CHECK(counters(set, subject(), Stream::Direct) == Names{"b=/google.com", "a=shop.test"});
    CHECK(counters(set, subject(), Stream::Bulk, "t.test", "t.test") ==
          Names{"b=/t.test", "a=shop.test"});
    // A destination may be named by its domain as well.
    CHECK(counters(set, subject(), Stream::Bulk, "mail.test", "outlook.com").front() ==
          "a=ann/google.com outlook.com");
}

TEST_CASE("a list file matches by any of its lines") {
    const LimitSet set({Limit{.name = "a", .key = LimitKey::Client, .match = "file:/l"},
                        Limit{.name = "b", .key = LimitKey::SaslUser, .match = "file:/absent"}},
                       {{"/l", {"198.51.100.0/24", "192.0.2.7"}}});
    CHECK(counters(set, subject()) == Names{"a=192.0.2.7"});
}

TEST_CASE("the cap of a counter is that of the table by which it counts") {
    const LimitSet set({Limit{.name = "a",
                              .key = LimitKey::SaslUser,
                              .match = "boss*",
                              .recipients = {{1000, 3600s}}},
                        Limit{.name = "a", .key = LimitKey::SaslUser, .recipients = {{75, 3600s}}},
                        Limit{.name = "b",
                              .key = LimitKey::Client,
                              .match = "192.0.2.0/24",
                              .provider = {"*"},
                              .recipients = {{5, 60s}}}},
                       {});
    CHECK(set.cap_of({"a", "ann", "any", ""}, 3600s) == 75);
    CHECK(set.cap_of({"a", "boss1", "any", ""}, 3600s) == 1000);
    CHECK_FALSE(set.cap_of({"a", "ann", "any", ""}, 60s).has_value());
    CHECK_FALSE(set.cap_of({"a", "ann", "bulk", ""}, 3600s).has_value());
    CHECK(set.cap_of({"b", "192.0.2.9", "any", "google.com"}, 60s) == 5);
    CHECK_FALSE(set.cap_of({"b", "198.51.100.1", "any", "google.com"}, 60s).has_value());
}

}  // namespace holdback::limits
