// SPDX-License-Identifier: Apache-2.0
#include "letters/digest_mail.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::letters {

namespace {

DigestFacts facts() {
    DigestFacts made;
    made.address = "holdback@home.test";
    made.to = {"postmaster@home.test", "ops@home.test"};
    made.host = "mta.home.test";
    made.message_id = "digest.1@mta.home.test";
    made.now = core::TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 27)) +
               std::chrono::hours(6);
    made.since = made.now - std::chrono::days(1);
    made.new_items = 3;
    made.causes = {{.name = "null-mx", .count = 2}, {.name = "suppressed-bounce", .count = 1}};
    made.senders = {{.name = "news@home.test", .count = 3}};
    made.ended = {{.name = "released", .count = 1},
                  {.name = "returned", .count = 0},
                  {.name = "discarded", .count = 4}};
    made.held = 12;
    return made;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("the digest counts what was held, what ended, and what is held") {
    CHECK(digest_text(facts()) ==
          "Held since Thu, 26 Nov 2026 06:00:00 +0000: 3\n"
          "\n"
          "By cause\n"
          "          2  null-mx\n"
          "          1  suppressed-bounce\n"
          "\n"
          "By sender\n"
          "          3  news@home.test\n"
          "\n"
          "Ended since then\n"
          "          1  released\n"
          "          0  returned\n"
          "          4  discarded\n"
          "\n"
          "Held now: 12\n"
          "\n");
}

TEST_CASE("the digest warns first") {
    DigestFacts warning = facts();
    warning.outages = {"gmail.com"};
    warning.stuck = 1;
    warning.in_doubt = 3;
    warning.own_unsent = 2;
    warning.expiring = 2;
    warning.warn_before = std::chrono::days(2);
    warning.expiring_items = {{.item = 17,
                               .sender = "news@home.test",
                               .recipient = "carl@nullmx.test\r\nx",
                               .finding = "null-mx",
                               .expires_at = warning.now + std::chrono::days(1)}};
    CHECK(digest_text(warning).starts_with(
        "Warning: providers that are broken\n"
        "    gmail.com\n"
        "    Nothing is learned from their bounces.\n"
        "\n"
        "Warning: within 2 days, 2 recipients will be returned to their senders\n"
        "    item 17  Sat, 28 Nov 2026 06:00:00 +0000  news@home.test -> carl@nullmx.test  x"
        "  (null-mx)\n"
        "    and 1 more\n"
        "\n"
        "1 recipient could not be released and waits for you\n"
        "    holdbackctl held list marks them as refused, and holdbackctl held show has\n"
        "    the answer of the mail server.\n"
        "\n"
        "In doubt: 3\n"));
    CHECK(has(digest_text(warning), "    holdbackctl held list --in-doubt names them"));
    CHECK(has(digest_text(warning),
              "Holdback's own mail that is not sent yet: 2\n"
              "    Notices to senders and the like, which the mail server has not taken.\n"
              "    holdbackctl held list --own names it, holdbackctl held show has its answer.\n"));
    const std::string mail = compose_digest(warning);
    CHECK(has(mail, "To: <postmaster@home.test>,\r\n\t<ops@home.test>\r\n"));
    CHECK(has(mail, "Subject: Held mail on mta.home.test: 12 now, 2 about to end\r\n"));
    CHECK(has(mail, "Auto-Submitted: auto-generated\r\n"));
    CHECK(has(mail, ">Warning: providers that are broken</h3>"));
    CHECK(has(mail, " -&gt; "));
    for (const std::string_view line : core::split(mail, '\n')) {
        CHECK(line.size() <= 79);
    }
}

}  // namespace holdback::letters
