// SPDX-License-Identifier: Apache-2.0
#include "dsn/seal.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr core::TimePoint kNow{std::chrono::seconds(1'790'000'000)};
constexpr std::chrono::seconds kLifetime = std::chrono::days(14);

SealKey key_of(std::uint8_t number, core::TimePoint made = kNow - hours(1)) {
    SealKey key;
    key.id.fill(number);
    key.secret.fill(number);
    key.made = made;
    return key;
}

const SealKeys& keys() {
    static const SealKeys made{key_of(1), key_of(2)};
    return made;
}

std::vector<std::string> mailboxes(std::size_t count) {
    std::vector<std::string> made;
    made.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        made.push_back("user" + std::to_string(i) + "@example.net");
    }
    return made;
}

const std::vector<std::string>& news() {
    static const std::vector<std::string> made{"news@example.org"};
    return made;
}

Seal seal_of(const std::vector<std::string>& recipients, core::TimePoint now = kNow) {
    return make_seal(
        {.sender = "news@example.org", .recipients = recipients}, keys().back(), now, "session 1");
}

core::Result<OpenSeal, SealFlaw> open(std::string_view text, core::TimePoint now = kNow) {
    return open_seal(text, news(), keys(), now, kLifetime);
}

std::string without_space(std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == '\t'; });
    return text;
}

}  // namespace

TEST_CASE("a seal goes out twice and proves the recipients and nobody else") {
    const Seal seal = seal_of({"bo@example.net"});
    for (const std::string& text : {seal.envelope_id, seal.field}) {
        CAPTURE(text);
        const auto opened = open(text);
        REQUIRE(opened.has_value());
        CHECK(opened->covers("bo@example.net"));
        CHECK_FALSE(opened->covers("eva@example.net"));
        CHECK_FALSE(opened->is_shared());
        CHECK(opened->sender() == "news@example.org");
        CHECK(opened->made() == kNow);
    }
    CHECK(open(seal.envelope_id)->message() == open(seal.field)->message());
}

TEST_CASE("an envelope id is one by RFC 3461: short, and nothing to encode") {
    const Seal seal = seal_of(mailboxes(1000));
    CHECK(seal.envelope_id.size() <= 100);
    CHECK(std::ranges::all_of(seal.envelope_id,
                              [](char c) { return c > ' ' && c <= '~' && c != '+' && c != '='; }));
}

TEST_CASE("the number of recipients does not show") {
    const std::size_t one = seal_of(mailboxes(1)).field.size();
    CHECK(seal_of(mailboxes(2)).field.size() == one);
    CHECK(seal_of(mailboxes(8)).field.size() == one);
    CHECK(seal_of(mailboxes(9)).field.size() == seal_of(mailboxes(16)).field.size());
    CHECK(seal_of(mailboxes(9)).field.size() > one);
    CHECK(seal_of(mailboxes(1)).envelope_id.size() == seal_of(mailboxes(500)).envelope_id.size());
}

TEST_CASE("the field knows its message again, the envelope id does not") {
    const SealKey key = keys().back();
    const Seal seal = make_seal(
        {.sender = "news@example.org", .recipients = mailboxes(1100), .identity = "this one"},
        key,
        kNow,
        "nonce");
    const auto opened = open(seal.field);
    REQUIRE(opened.has_value());
    CHECK(opened->is_of("this one"));
    CHECK_FALSE(opened->is_of("another"));
    CHECK_FALSE(opened->is_of(""));
    // The tag of a message is no recipient's, and the other way round.
    CHECK_FALSE(opened->covers("this one"));
    CHECK_FALSE(opened->is_of(mailboxes(1).front()));
    CHECK(opened->covers(mailboxes(1100).at(kMostSealedRecipients - 1)));
    CHECK_FALSE(open(seal.envelope_id)->is_of("this one"));
    CHECK_FALSE(open(seal_of(mailboxes(1)).field)->is_of("this one"));
}

TEST_CASE("a seal of many is shared, and covers all that have a tag") {
    const auto recipients = mailboxes(1100);
    const Seal seal = seal_of(recipients);
    const auto opened = open(seal.field);
    REQUIRE(opened.has_value());
    CHECK(opened->is_shared());
    CHECK(opened->covers(recipients.at(0)));
    CHECK(opened->covers(recipients.at(kMostSealedRecipients - 1)));
    CHECK_FALSE(opened->covers(recipients.at(kMostSealedRecipients)));
    const auto by_id = open(seal.envelope_id);
    REQUIRE(by_id.has_value());
    CHECK(by_id->is_shared());
    CHECK(by_id->covers(recipients.at(kEnvelopeIdTags - 1)));
    CHECK_FALSE(by_id->covers(recipients.at(kEnvelopeIdTags)));
}

TEST_CASE("a field that was folded anew opens; its lines are short") {
    const std::string field = seal_of(mailboxes(40)).field;
    std::size_t line = 0;
    for (const char c : field) {
        line = c == '\n' ? 0 : line + 1;
        REQUIRE(line <= 70);
    }
    std::string spread;
    for (const char c : without_space(field)) {
        spread += c;
        if (spread.size() % 7 == 0) {
            spread += "\r\n   ";
        }
    }
    CHECK(open(spread).has_value());
    CHECK(open(without_space(field)).has_value());
}

TEST_CASE("a seal proves for its lifetime, and not before it was made") {
    const Seal seal = seal_of({"bo@example.net"});
    CHECK(open(seal.field, kNow + kLifetime).has_value());
    CHECK(open(seal.field, kNow + kLifetime + std::chrono::seconds(1)).error() ==
          SealFlaw::Expired);
    CHECK(open(seal.field, kNow - minutes(4)).has_value());
    CHECK(open(seal.field, kNow - minutes(6)).error() == SealFlaw::Future);
}

TEST_CASE("a seal is for one sender") {
    const Seal seal = seal_of({"bo@example.net"});
    const std::vector<std::string> others{"sales@example.org", "news@example.com"};
    CHECK(open_seal(seal.field, others, keys(), kNow, kLifetime).error() == SealFlaw::Altered);
    const std::vector<std::string> among{"sales@example.org", "news@example.org"};
    CHECK(open_seal(seal.field, among, keys(), kNow, kLifetime).has_value());
    CHECK(open_seal(seal.field, {}, keys(), kNow, kLifetime).error() == SealFlaw::Altered);
}

TEST_CASE("a key that is gone or another's opens nothing") {
    const Seal seal = seal_of({"bo@example.net"});
    CHECK(open_seal(seal.field, news(), {key_of(1)}, kNow, kLifetime).error() ==
          SealFlaw::UnknownKey);
    SealKey stranger = key_of(2);
    stranger.secret.fill(9);
    CHECK(open_seal(seal.field, news(), {stranger}, kNow, kLifetime).error() == SealFlaw::Altered);
}

TEST_CASE("each octet of a seal counts, and so does its length") {
    for (const std::string& text :
         {seal_of(mailboxes(1)).envelope_id, without_space(seal_of(mailboxes(20)).field)}) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            CAPTURE(i);
            std::string changed = text;
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            CHECK_FALSE(open(changed).has_value());
            CHECK_FALSE(open(std::string_view(text).substr(0, i)).has_value());
        }
        CHECK_FALSE(open(text + "AAAA").has_value());
        CHECK_FALSE(open(text + text).has_value());
    }
}

TEST_CASE("tags of one seal do not fit into another") {
    const Seal first = seal_of({"bo@example.net"});
    const Seal second = make_seal({.sender = "news@example.org", .recipients = {"eva@example.net"}},
                                  keys().back(),
                                  kNow,
                                  "session 2");
    CHECK(first.envelope_id != second.envelope_id);
    // The head of the one with the rest of the other.
    const std::size_t head = kSealMark.size() + 17;
    CHECK(open(first.envelope_id.substr(0, head) + second.envelope_id.substr(head)).error() ==
          SealFlaw::Altered);
}

TEST_CASE("what is no seal is malformed") {
    for (const std::string_view text :
         {"", "hb1.", "hb1.AAAA", "hb2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "QQ314159"}) {
        CAPTURE(text);
        CHECK(open(text).error() == SealFlaw::Malformed);
    }
    CHECK(open("hb1." + std::string(100'000, 'A')).error() == SealFlaw::Malformed);
}

TEST_CASE("seals are found in text, folded and quoted") {
    const std::string field = seal_of({"bo@example.net"}).field;
    const std::string bare = without_space(field);
    std::string quoted = "> X-Holdback-Seal: ";
    for (const char c : field) {
        quoted += c;
        if (c == '\n') {
            quoted += "> ";
        }
    }
    const auto found = find_seals("Sorry.\nX-Holdback-Seal: " + field + "\nSubject: News\n" +
                                  quoted + "\n> Subject: News\nhb1.short\n");
    REQUIRE(found.size() == 3);
    CHECK(found[0] == bare);
    CHECK(found[1] == bare);
    CHECK(found[2] == "hb1.short");
    CHECK(find_seals("nothing here").empty());
    CHECK(find_seals(std::string(1000, 'x') + "hb1.a hb1.b hb1.c", 2).size() == 2);
}

TEST_CASE("a key stays in use while its seals live") {
    const SealKeys all{key_of(1, kNow - std::chrono::days(40)),
                       key_of(2, kNow - std::chrono::days(15)),
                       key_of(3, kNow - std::chrono::days(2))};
    const SealKeys used = keys_in_use(all, kNow, kLifetime);
    REQUIRE(used.size() == 2);
    CHECK(key_name(used[0].id) == "02020202");
    CHECK(key_name(used[1].id) == "03030303");
    CHECK(keys_in_use({key_of(1, kNow - std::chrono::days(400))}, kNow, kLifetime).size() == 1);
}

}  // namespace holdback::dsn
