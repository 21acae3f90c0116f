// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_shadow.hpp"

#include "reading/rule_set.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("a rule shadows what it matches in any case, as far as it is written so") {
    struct Row {
        std::string_view what;
        Rule first;
        Rule second;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"the same", {.text = {"a"}}, {.text = {"a"}}, true},
        {"another pattern", {.text = {"a"}}, {.text = {"b"}}, false},
        {"a longer pattern is not read", {.text = {"a"}}, {.text = {"ab"}}, false},
        {"more alternatives", {.text = {"a", "b"}}, {.text = {"b"}}, true},
        {"fewer alternatives", {.text = {"a"}}, {.text = {"a", "b"}}, false},
        {"less asked", {.text = {"a"}}, {.text = {"a"}, .remote_mta = {"mx"}}, true},
        {"more asked", {.text = {"a"}, .remote_mta = {"mx"}}, {.text = {"a"}}, false},
        {"other names", {.reporting_mta = {"mx"}}, {.remote_mta = {"mx"}}, false},
        {"a wider reply", {.reply = {"5??"}}, {.reply = {"550", "55?"}}, true},
        {"a narrower reply", {.reply = {"55?"}}, {.reply = {"5??"}}, false},
        {"one of the replies", {.reply = {"550", "421"}}, {.reply = {"421", "450"}}, false},
        {"a wider status", {.status = {"5.*.*"}}, {.status = {"5.1.1", "5.7.*"}}, true},
        {"a narrower status", {.status = {"5.7.1"}}, {.status = {"5.7.*"}}, false},
        {"status for reply", {.status = {"5.*.*"}}, {.reply = {"550"}}, false},
        {"all at once",
         {.text = {"a"}, .reply = {"5??"}},
         {.text = {"a"}, .remote_mta = {"mx"}, .reply = {"550"}, .status = {"5.1.1"}},
         true},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(shadows(row.first, row.second) == row.want);
    }
}

}  // namespace holdback::reading
