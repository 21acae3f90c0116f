// SPDX-License-Identifier: Apache-2.0
#include "terms/held_finding.hpp"

#include "terms/finding.hpp"

#include <string_view>

#include <doctest/doctest.h>

using namespace holdback::terms;

TEST_CASE("each finding goes to its word and back, and so does a word that nobody knows") {
    for (const FindingName name : kAllFindings) {
        CAPTURE(wire_name(name));
        CHECK(HeldFinding::parse(wire_name(name)) == name);
        CHECK(HeldFinding(name).word() == wire_name(name));
        CHECK(HeldFinding(name).name() == name);
        CHECK_FALSE(HeldFinding(name).is_none());
        CHECK(HeldFinding(name).is_suppression() == wire_name(name).starts_with("suppressed-"));
    }
    for (const std::string_view word : {"", "moon-phase", "None"}) {
        CAPTURE(word);
        const HeldFinding other = HeldFinding::parse(word);
        CHECK(other.word() == word);
        CHECK_FALSE(other.name().has_value());
        CHECK_FALSE(other.is_none());
        CHECK(other == HeldFinding::parse(word));
        CHECK(other != HeldFinding());
    }
    CHECK(HeldFinding().is_none());
    CHECK(HeldFinding().word() == "none");
    CHECK(HeldFinding::parse("none") == HeldFinding());
}
