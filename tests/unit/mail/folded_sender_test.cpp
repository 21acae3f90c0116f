// SPDX-License-Identifier: Apache-2.0
#include "mail/folded_sender.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("a sender is the same though each recipient has an address for bounces of its own") {
    struct Row {
        std::string_view sender;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"News@Shop.Test", "news@shop.test"},
        {"john.smith2@shop.test", "john.smith2@shop.test"},
        {"mary-ann@shop.test", "mary-ann@shop.test"},
        {"joe+lists@shop.test", "joe@shop.test"},
        {"bounces+12345-ab12-anna=good.test@em.shop.test", "bounces@em.shop.test"},
        {"news-bounce-anna=good.test@shop.test", "news-bounce@shop.test"},
        {"bounce-md_3021.5f3e.v1@mail.shop.test", "bounce@mail.shop.test"},
        {"return-1042-99@shop.test", "return@shop.test"},
        {"prvs=0042ab12cd=joe@shop.test", "joe@shop.test"},
        {"0100018f3c2a7b1e000000@amazonses.test", "*@amazonses.test"},
        {"12345678901234567890@bounce.test", "*@bounce.test"},
        {"student.20231234@uni.test", "student.20231234@uni.test"},
        {"firstname.lastname.1987@shop.test", "firstname.lastname.1987@shop.test"},
        {"SRS0=a7f3=QX=out.test=bob@shop.test", "srs0=a7f3=qx=out.test=bob@shop.test"},
        {"", ""},
        {"+@x.test", "+@x.test"},
        {"no at sign", "no at sign"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.sender);
        CHECK(folded_sender(row.sender) == row.want);
    }
}

TEST_CASE("what a sender says of its one recipient does not make it another sender") {
    struct Row {
        std::string_view sender;
        std::string_view recipient;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"Anna=good.test@lists.test", "anna@Good.test", "*@lists.test"},
        {"bounce.anna.good.test.17@lists.test", "anna@good.test", "bounce@lists.test"},
        {"news-anna=good.test@lists.test", "anna@good.test", "news@lists.test"},
        {"bounces+17@lists.test", "anna@good.test", "bounces@lists.test"},
        {"anna@lists.test", "anna@good.test", "anna@lists.test"},
        {"news@lists.test", "no at sign", "news@lists.test"},
        {"news@lists.test", "@", "news@lists.test"},
        {"", "anna@good.test", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.sender);
        CHECK(folded_sender(row.sender, row.recipient) == row.want);
    }
}

}  // namespace holdback::mail
