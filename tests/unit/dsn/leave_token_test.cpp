// SPDX-License-Identifier: Apache-2.0
#include "dsn/leave_token.hpp"

#include "dsn/seal.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

mail::Address address(std::string_view text) {
    return mail::Address::parse(text, mail::Smtputf8::Yes)->value;
}

SealKey key_of(std::uint8_t octet) {
    SealKey key;
    key.secret.fill(octet);
    return key;
}

/// The address of a field, "leave+hbl-…@example.org".
std::string to_of(const std::string& field) {
    const std::size_t begin = std::string_view("<mailto:").size();
    std::string to = field.substr(begin, field.find('?') - begin);
    to.replace(to.find("%2B"), 3, "+");
    return to;
}

}  // namespace

TEST_CASE("a signed address proves who leaves, and whose mail") {
    const SealKey key = key_of(1);
    const auto field = leave_field(
        "leave@example.org", address("Bo+x@Example.net"), address("news@example.org"), key);
    REQUIRE(field.has_value());
    CHECK(field->starts_with("<mailto:leave%2Bhbl-"));
    CHECK(field->ends_with("@example.org?subject=leave%20bo%2Bx@example.net%20news@example.org>"));
    const std::string to = to_of(*field);
    const Leaving want{.recipient = "bo+x@example.net", .sender = "news@example.org"};
    CHECK(proven_leaving(to, "leave bo+x@example.net news@example.org", {key}) == want);
    CHECK(proven_leaving(to, "Re: leave Bo+x@example.net News@Example.org", {key}) == want);
    CHECK(proven_leaving(to, "leave bo+x@example.net news@example.org", {key, key_of(2)}) == want);

    CHECK_FALSE(proven_leaving(to, "leave eva@example.net news@example.org", {key}));
    CHECK_FALSE(proven_leaving(to, "leave bo+x@example.net other@example.org", {key}));
    CHECK_FALSE(proven_leaving(to, "leave news@example.org bo+x@example.net", {key}));
    CHECK_FALSE(proven_leaving(to, "leave bo+x@example.net", {key}));
    CHECK_FALSE(proven_leaving(to, "", {key}));
    CHECK_FALSE(proven_leaving(to, "leave bo+x@example.net news@example.org", {key_of(2)}));
    CHECK_FALSE(proven_leaving(to, "leave bo+x@example.net news@example.org", {}));
    std::string other_mailbox = to;
    other_mailbox.replace(0, 5, "leaves");
    CHECK_FALSE(proven_leaving(other_mailbox, "leave bo+x@example.net news@example.org", {key}));
    CHECK_FALSE(proven_leaving("leave+hbl-@example.org", "leave a@b.example c@d.example", {key}));
    CHECK_FALSE(proven_leaving("leave@example.org", "leave a@b.example c@d.example", {key}));
}

TEST_CASE("an address that does not fit into a field gets none") {
    const SealKey key = key_of(1);
    const mail::Address bo = address("bo@example.net");
    CHECK_FALSE(leave_field(std::string(40, 'x') + "@example.org", bo, bo, key).has_value());
    CHECK_FALSE(
        leave_field("leave@example.org", address("b\xC3\xB6@example.net"), bo, key).has_value());
    CHECK_FALSE(leave_field("leave@example.org", address("\"b o\"@example.net"), bo, key));
    CHECK(leave_field("leave@example.org", bo, address("\"a&b?c>\"@example.net"), key)
              .value()
              .ends_with("bo@example.net%20%22a%26b%3Fc%3E%22@example.net>"));
}

}  // namespace holdback::dsn
