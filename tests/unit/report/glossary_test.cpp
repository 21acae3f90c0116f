// SPDX-License-Identifier: Apache-2.0
#include "report/glossary.hpp"

#include "config/policy.hpp"
#include "terms/finding.hpp"

#include <set>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::report {

TEST_CASE("every finding has words of its own, and what to do") {
    std::set<std::string_view> meanings;
    for (const terms::FindingName name : terms::kAllFindings) {
        CAPTURE(wire_name(name));
        const auto word = find_word(wire_name(name));
        REQUIRE(word.has_value());
        CHECK(word->kind == WordKind::Finding);
        CHECK(word->meaning.contains(' '));
        CHECK_FALSE(word->advice.empty());
        CHECK(meanings.insert(word->meaning).second);
    }
}

TEST_CASE("verdicts and header fields are known in any letter case") {
    CHECK(find_word("Hold")->kind == WordKind::Verdict);
    CHECK(find_word(" defer ")->name == "defer");
    CHECK(find_word("x-holdback-dsn")->name == "X-Holdback-DSN");
    CHECK(find_word("X-Holdback-Code: 2001")->kind == WordKind::HeaderField);
    CHECK_FALSE(find_word("X-Holdback-Nothing").has_value());
    CHECK_FALSE(find_word("user unknown").has_value());
    CHECK_FALSE(find_word("").has_value());
}

}  // namespace holdback::report
