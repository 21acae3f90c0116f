// SPDX-License-Identifier: Apache-2.0
#include "letters/resolved_orders.hpp"

#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::letters {

namespace {

ResolvedOrders resolved_of(std::string_view text, std::size_t count) {
    return resolve(read_orders(text), count, NoticeTexts());
}

}  // namespace

TEST_CASE("orders become numbers of the notice, each in one list") {
    const auto resolved = resolved_of("release 1-3, 3\ndiscard 5", 5);
    CHECK(resolved.release == std::vector<std::size_t>{1, 2, 3});
    CHECK(resolved.discard == std::vector<std::size_t>{5});
    CHECK(resolved.remarks.empty());
    CHECK(resolved_of("release all", 3).release == std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE("nothing is done for unknown numbers, contradictions and what is not understood") {
    const auto unknown = resolved_of("release 0 2 9\ndiscard 4-6", 5);
    CHECK(unknown.release == std::vector<std::size_t>{2});
    CHECK(unknown.discard.empty());
    CHECK(unknown.remarks == std::vector<std::string>{"0: the notice has the numbers 1 to 5",
                                                      "9: the notice has the numbers 1 to 5",
                                                      "4-6: the notice has the numbers 1 to 5"});
    const auto both = resolved_of("release all\ndiscard 2", 3);
    CHECK(both.release == std::vector<std::size_t>{1, 3});
    CHECK(both.discard.empty());
    CHECK(both.remarks == std::vector<std::string>{"2: released and discarded cannot both be"});
    CHECK(resolved_of("release all but 3", 3).remarks ==
          std::vector<std::string>{"not understood: release all but 3"});
    CHECK(resolved_of("release 1-9999999999", 3).release.empty());
}

TEST_CASE("one number goes to one other address, and to nobody else") {
    CHECK(resolved_of("release 2 as a@b.test\nrelease 1", 3).release_as ==
          std::vector<NumberAs>{{.number = 2, .address = "a@b.test"}});
    CHECK(resolved_of("release 2 as a@b.test\nrelease 2 as A@b.test", 3).release_as.size() == 1);
    for (const std::string_view text : {"release 2 as a@b.test\nrelease 2 as c@d.test",
                                        "release 2 as a@b.test\nrelease 2",
                                        "release 2 as a@b.test\ndiscard all",
                                        "release 4 as a@b.test"}) {
        CAPTURE(text);
        const ResolvedOrders resolved = resolved_of(text, 3);
        CHECK(resolved.release_as.empty());
        CHECK(resolved.remarks.size() == 1);
    }
}

TEST_CASE("remarks are in the words of the language") {
    NoticeTexts texts;
    REQUIRE(texts.set("numbers_wrong", "{numbers}: 1 bis {count}").has_value());
    REQUIRE(texts.set("not_understood", "unklar: {line}").has_value());
    CHECK(resolve(read_orders("release 7\nrelease all but 3"), 5, texts).remarks ==
          std::vector<std::string>{"7: 1 bis 5", "unklar: release all but 3"});
}

}  // namespace holdback::letters
