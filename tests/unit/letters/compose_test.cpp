// SPDX-License-Identifier: Apache-2.0
#include "letters/compose.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::letters {

TEST_CASE("a word that does not fit beside the name of the field is encoded") {
    CHECK(header_field("Subject", std::string(69, 'R')) ==
          "Subject: " + std::string(69, 'R') + "\r\n");
    const std::string folded = header_field("Subject", std::string(70, 'R'));
    CHECK(folded.starts_with("Subject: =?utf-8?B?"));
    CHECK(folded.find("\r\n") <= 78);
}

TEST_CASE("dates are written as mail writes them") {
    CHECK(rfc5322_date(core::TimePoint(std::chrono::seconds(0))) ==
          "Thu, 1 Jan 1970 00:00:00 +0000");
    CHECK(rfc5322_date(core::TimePoint(std::chrono::seconds(1'709'211'845))) ==
          "Thu, 29 Feb 2024 13:04:05 +0000");
}

TEST_CASE("durations are told in words") {
    CHECK(plain_duration(std::chrono::days(1)) == "1 day");
    CHECK(plain_duration(std::chrono::days(7)) == "7 days");
    CHECK(plain_duration(std::chrono::minutes(90)) == "90 minutes");
    CHECK(plain_duration(std::chrono::seconds(1)) == "1 second");
    CHECK(plain_duration(std::chrono::seconds(0)) == "0 seconds");
}

TEST_CASE("a header field is folded, and encoded where it is not ASCII") {
    CHECK(header_field("Subject", "Spring news") == "Subject: Spring news\r\n");
    CHECK(header_field("Subject", "two\r\nBcc: evil@b.test") ==
          "Subject: two  Bcc: evil@b.test\r\n");
    CHECK(header_field("Subject",
                       "Held: Gr\xC3\xBC\xC3\x9F"
                       "e now") == "Subject: Held: =?utf-8?B?R3LDvMOfZQ==?= now\r\n");
    CHECK(header_field("Subject",
                       "Gr\xC3\xBC\xC3\x9F"
                       "e an \xC3\x84"
                       "rzte [x]") == "Subject: =?utf-8?B?R3LDvMOfZSBhbiDDhHJ6dGU=?= [x]\r\n");
    CHECK(header_field("Subject", "=?x?= as text") == "Subject: =?utf-8?B?PT94Pz0=?= as text\r\n");
    CHECK(header_field("Subject", std::string(60, 'a') + " " + std::string(40, 'b')) ==
          "Subject: " + std::string(60, 'a') + "\r\n " + std::string(40, 'b') + "\r\n");
    std::string umlauts;
    for (int i = 0; i < 500; ++i) {
        umlauts += "\xC3\xA4";
    }
    const std::string field = header_field("Subject", umlauts);
    for (const std::string_view line : core::split(field, '\n')) {
        CHECK(line.size() <= 79);  // with its CR
    }
    CHECK_FALSE(core::has_non_ascii(field));
}

TEST_CASE("text in quoted-printable has short lines and loses nothing") {
    CHECK(quoted_printable("a = b\n") == "a =3D b\r\n");
    CHECK(quoted_printable("Gr\xC3\xBC\xC3\x9F"
                           "e \n") == "Gr=C3=BC=C3=9Fe=20\r\n");
    CHECK(quoted_printable(".\nFrom here\n") == "=2E\r\n=46rom here\r\n");
    CHECK(quoted_printable("one\r\ntwo") == "one\r\ntwo\r\n");
    CHECK(quoted_printable(std::string(100, 'x')) ==
          std::string(75, 'x') + "=\r\n" + std::string(25, 'x') + "\r\n");
}

TEST_CASE("text is cut between characters") {
    CHECK(shortened("short", 10) == "short");
    CHECK(shortened("Gr\xC3\xBC\xC3\x9F"
                    "e",
                    3) == "Gr\xE2\x80\xA6");
}

TEST_CASE("text is wrapped at its spaces") {
    const std::string text = wrapped(std::string(50, 'a') + " " + std::string(30, 'b'), "  ");
    CHECK(text == std::string(50, 'a') + "\n  " + std::string(30, 'b'));
    CHECK(wrapped("one\r\ntwo", "") == "one two");
}

}  // namespace holdback::letters
