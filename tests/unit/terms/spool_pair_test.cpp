// SPDX-License-Identifier: Apache-2.0
#include "terms/spool_pair.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::terms {

TEST_CASE("a store and a spool are used together when nothing is lost or doubled by it") {
    const PairMark own{.id = "aa", .generation = 7};
    const PairMark ahead{.id = "aa", .generation = 8};
    const PairMark far_ahead{.id = "aa", .generation = 9};
    const PairMark other{.id = "bb", .generation = 7};
    struct Row {
        std::string_view what;
        PairFacts facts;
        PairState want;
    };
    const auto rows = std::to_array<Row>({
        {"both are new", {}, PairState::New},
        {"a pair", {own, own, 3, 0, 3}, PairState::Paired},
        {"a pair after a crash: a file without a row", {own, own, 3, 1, 2}, PairState::Paired},
        {"killed between the marks", {ahead, own, 3, 0, 3}, PairState::Paired},
        {"a copy of yesterday", {own, ahead, 3, 0, 3}, PairState::StoreIsOlder},
        {"a copy of yesterday, all has ended since",
         {own, ahead, 0, 0, 3},
         PairState::StoreIsOlder},
        {"a copy of yesterday, of nothing", {own, ahead, 0, 0, 0}, PairState::New},
        {"a spool of yesterday", {far_ahead, own, 3, 0, 3}, PairState::SpoolIsOlder},
        {"a spool of yesterday, empty", {far_ahead, own, 0, 0, 2}, PairState::SpoolIsOlder},
        {"a spool of yesterday, of nothing", {far_ahead, own, 0, 0, 0}, PairState::New},
        {"two that belong to others", {own, other, 3, 3, 0}, PairState::Strangers},
        {"another's spool that is empty", {own, other, 0, 0, 0}, PairState::New},
        {"another's spool that is empty, and mail waits",
         {own, other, 0, 0, 1},
         PairState::SpoolIsMissing},
        {"a new store beside a spool", {std::nullopt, own, 3, 3, 0}, PairState::StoreIsNew},
        {"a new store beside an empty spool", {std::nullopt, own, 0, 0, 0}, PairState::New},
        {"a store from before the marks", {std::nullopt, own, 3, 0, 3}, PairState::StoreIsOlder},
        {"a spool that is not there", {own, std::nullopt, 0, 0, 2}, PairState::SpoolIsMissing},
        {"a new spool, and nothing waits", {own, std::nullopt, 0, 0, 0}, PairState::New},
        {"a spool whose mark is gone", {own, std::nullopt, 3, 0, 3}, PairState::New},
        {"a spool without a mark that has more",
         {own, std::nullopt, 3, 1, 2},
         PairState::StoreIsNew},
        {"an upgrade", {std::nullopt, std::nullopt, 3, 0, 3}, PairState::New},
        {"an upgrade of an empty spool", {std::nullopt, std::nullopt, 0, 0, 0}, PairState::New},
        {"an upgrade with the wrong spool",
         {std::nullopt, std::nullopt, 0, 0, 2},
         PairState::SpoolIsMissing},
        {"an upgrade with a file that nobody knows",
         {std::nullopt, std::nullopt, 3, 1, 2},
         PairState::StoreIsNew},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(judge_pair(row.facts) == row.want);
    }
}

TEST_CASE("a mark is text, and only the whole of it is read") {
    const PairMark mark{.id = "0123456789abcdef", .generation = 12};
    const std::string text = "holdback-spool 1\nid 0123456789abcdef\ngeneration 12\n";
    CHECK(pair_mark_text(mark) == text);
    CHECK(parse_pair_mark(text) == mark);
    for (const std::string_view bad : {"",
                                       "holdback-spool 1\n",
                                       "holdback-spool 2\nid aa\ngeneration 1\n",
                                       "holdback-spool 1\nid aa\ngeneration 1",
                                       "holdback-spool 1\nid aa\ngeneration -1\n",
                                       "holdback-spool 1\nid aa\ngeneration 1\nmore\n",
                                       "holdback-spool 1\nid \ngeneration 1\n",
                                       "holdback-spool 1\nid ../x\ngeneration 1\n",
                                       "holdback-spool 1\ngeneration 1\nid aa\n"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_pair_mark(bad).has_value());
    }
}

}  // namespace holdback::terms
