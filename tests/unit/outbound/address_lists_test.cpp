// SPDX-License-Identifier: Apache-2.0
#include "outbound/address_lists.hpp"

#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <string_view>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

mail::Address address(std::string_view text) {
    return mail::Address::parse(text, mail::Smtputf8::No).value().value;
}

}  // namespace

TEST_CASE("a role is known by its local part, in any letter case, with or without a detail") {
    AddressLists lists;
    lists.roles = {"sales", "no-reply", "a+b"};
    CHECK(lists.is_role(address("sales@a.test")));
    CHECK(lists.is_role(address("SALES@b.test")));
    CHECK(lists.is_role(address("sales+spring@a.test")));
    CHECK(lists.is_role(address("no-reply@a.test")));
    CHECK(lists.is_role(address("A+b@a.test")));
    CHECK_FALSE(lists.is_role(address("sale@a.test")));
    CHECK_FALSE(lists.is_role(address("bo+sales@a.test")));
    CHECK_FALSE(AddressLists{}.is_role(address("sales@a.test")));
}

TEST_CASE("a domain of throw-away addresses stands for those below it") {
    AddressLists lists;
    lists.disposable = {"throw.test"};
    CHECK(lists.is_disposable(address("bo@throw.test")));
    CHECK(lists.is_disposable(address("bo@mx.Throw.test")));
    CHECK_FALSE(lists.is_disposable(address("bo@nothrow.test")));
    CHECK_FALSE(lists.is_disposable(address("bo@test")));
    CHECK_FALSE(lists.is_disposable(address("bo@[192.0.2.1]")));
}

}  // namespace holdback::outbound
