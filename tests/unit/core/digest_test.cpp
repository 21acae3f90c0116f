// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::core {

TEST_CASE("a digest tells lists of pieces apart that join to the same text") {
    const std::array<std::string_view, 2> ab_c{"ab", "c"};
    const std::array<std::string_view, 2> a_bc{"a", "bc"};
    const std::array<std::string_view, 1> abc{"abc"};
    CHECK(digest_hex(ab_c) == digest_hex(ab_c));
    CHECK(digest_hex(ab_c) != digest_hex(a_bc));
    CHECK(digest_hex(ab_c) != digest_hex(abc));
    CHECK(digest_hex(abc).size() == 64);
}

TEST_CASE("a mac is HMAC-SHA-256 with a key of 32 octets") {
    // RFC 4231, test case 2: the key "Jefe", which HMAC pads with zeros as we do here.
    SecretKey key{};
    std::ranges::copy(std::string_view("Jefe"), key.begin());
    CHECK(to_hex(hmac_sha256(key, "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hmac_sha256(key, "") != hmac_sha256(key, std::string_view("\0", 1)));
}

TEST_CASE("a keyed hash depends on the key and on every octet") {
    SecretKey key{};
    const KeyedHash hash = keyed_hash(key, "bo@example.net");
    CHECK(hash == keyed_hash(key, "bo@example.net"));
    CHECK(hash != keyed_hash(key, "bo@example.org"));
    key.back() = 1;
    CHECK(hash != keyed_hash(key, "bo@example.net"));
    CHECK(to_hex(hash).size() == 32);
}

TEST_CASE("octets are the same when lengths and values are") {
    const std::array<std::uint8_t, 3> one{1, 2, 3};
    const std::array<std::uint8_t, 3> other{1, 2, 4};
    const std::array<std::uint8_t, 2> shorter{1, 2};
    CHECK(same_octets(one, one));
    CHECK_FALSE(same_octets(one, other));
    CHECK_FALSE(same_octets(one, shorter));
    CHECK(same_octets({}, {}));
}

TEST_CASE("base64 for URLs goes there and back, and takes nothing else") {
    const std::array<std::uint8_t, 4> octets{0xFB, 0xFF, 0x00, 0x41};
    CHECK(to_base64url(octets) == "-_8AQQ");
    const auto back = from_base64url("-_8AQQ");
    REQUIRE(back.has_value());
    CHECK(std::ranges::equal(*back, octets));
    CHECK(to_base64url({}).empty());
    CHECK(from_base64url("").has_value());
    for (const std::string_view bad : {"-_8AQQ==", "+/8AQQ", "-_8A QQ", "-_8AQ\n", "A", "-_8AQR"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_base64url(bad).has_value());
    }
}

}  // namespace holdback::core
