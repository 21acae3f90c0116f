// SPDX-License-Identifier: Apache-2.0
#include "reading/text_pattern.hpp"

#include "core/text.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("what differs from bounce to bounce is folded away") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"550 5.1.1 <bo@example.net>: The spoon is missing",
         "550 5.1.1 <{address}>: the spoon is missing"},
        {"host mx1.example.net[192.0.2.7] said: 554 No spoon, 4XkQ2y1ZzT (in reply to DATA)",
         "host {host}[{ip}] said: 554 no spoon, {id} (in reply to data)"},
        {"No spoon for 2001:db8::17 or ::1.", "no spoon for {ip} or {ip}."},
        {"550-5.7.1 Spoon 421 of 99 bent", "550-5.7.1 spoon {number} of {number} bent"},
        {"#5.7.1 smtp; 571 bent", "#5.7.1 smtp; {number} bent"},
        {"error: 421 try the fork", "error: 421 try the fork"},
        {"See https://www.example.net/spoon?id=17&x=(a) for forks", "see {url}) for forks"},
        {"See www.example.net/x, please", "see {url} please"},
        {"bent since Mon, 2 Mar 2026 10:00:00 +0100 (CET) or so", "bent since {date}) or so"},
        {"bent at 2026-03-02T10:00:00Z", "bent at {date}"},
        {"you may bend it in mar or may", "you may bend it in mar or may"},
        {"a1b2c3d4-e5f6-4711-8899-aabbccddeeff is bent", "{id} is bent"},
        {"spoon=deadbeef01; fork=12.5%", "spoon={id}; fork={number}"},
        {"mx.example.com refused: bent.spoon", "{host} refused: bent.spoon"},
        {"Code S3150 of RFC5321", "code s3150 of rfc5321"},
        {"Löffel für <bo@example.net> verbogen", "löffel für <{address}> verbogen"},
        {"550 5.1.1", ""},
        {"550 5.1.1 <bo@example.net> 192.0.2.1", ""},
        {"", ""},
        {"...", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(text_pattern(row.text) == row.want);
    }
}

TEST_CASE("bounces of one kind share a pattern") {
    const std::string one = text_pattern(
        "554 5.9.9 Spoon bent for a@example.net by mx1.example.org (198.51.100.4), "
        "q 3C2F81A0B1, 12:30:59");
    CHECK(one ==
          text_pattern("554 5.9.9 SPOON bent for carla+x@mail.example.com by mx22.example.org "
                       "(203.0.113.250), q 77AD0F91CC, 2:03:00"));
}

TEST_CASE("a pattern is cut between characters and is UTF-8") {
    std::string text = "x";
    for (int i = 0; i < 400; ++i) {
        text += "ö";
    }
    const std::string pattern = text_pattern(text);
    CHECK(pattern.size() == 299);
    CHECK(core::is_utf8(pattern));
    CHECK(core::is_utf8(text_pattern("the \xFF\xC3 spoon")));
}

}  // namespace holdback::reading
