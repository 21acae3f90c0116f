// SPDX-License-Identifier: Apache-2.0
#include "terms/failure_code.hpp"

#include "tests/support/code_samples.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::terms {

namespace {

using support::code_entry;

CodeEntry with_parent(CodeEntry entry, int parent) {
    entry.parent = FailureCode::from_number(parent);
    return entry;
}

}  // namespace

TEST_CASE("a failure code is exactly four digits from 1000 to 9999") {
    struct Row {
        std::string_view text;
        int want;  // 0: none
    };
    const auto rows = std::to_array<Row>({{"2001", 2001},
                                          {"9999", 9999},
                                          {"1000", 1000},
                                          {"0999", 0},
                                          {"200", 0},
                                          {"20010", 0},
                                          {"2 01", 0},
                                          {"-201", 0},
                                          {"", 0}});
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto code = FailureCode::parse(row.text);
        CHECK((code.has_value() ? code->number() : 0) == row.want);
    }
    CHECK_FALSE(FailureCode::from_number(999).has_value());
    CHECK_FALSE(FailureCode::from_number(10'000).has_value());
}

TEST_CASE("permanent is the gravest class and informational the lightest") {
    using enum FailureClass;
    const auto order =
        std::to_array({Permanent, Rejected, Temporary, Communication, Unknown, Informational});
    for (std::size_t i = 1; i < order.size(); ++i) {
        CAPTURE(wire_name(order.at(i)));
        CHECK(severity_rank(order.at(i - 1)) < severity_rank(order.at(i)));
    }
}

TEST_CASE("a catalogue finds its codes by number and by name") {
    const CodeCatalogue codes = support::small_catalogue();
    REQUIRE(codes.find(FailureCode(3001)) != nullptr);
    CHECK(codes.find(FailureCode(3001))->name == "mailbox-full");
    CHECK(codes.find(FailureCode(3002)) == nullptr);
    REQUIRE(codes.find_name("address-invalid") != nullptr);
    CHECK(codes.find_name("address-invalid")->code == FailureCode(2001));
    CHECK(codes.find_name("ADDRESS-INVALID") == nullptr);
}

TEST_CASE("an extension is shown as its parent when extensions are off") {
    const CodeCatalogue codes = support::small_catalogue();
    CHECK(codes.shown_as(FailureCode(6001), true) == FailureCode(6001));
    CHECK(codes.shown_as(FailureCode(6001), false) == FailureCode(4999));
    CHECK(codes.shown_as(FailureCode(2001), false) == FailureCode(2001));
    CHECK(codes.shown_as(FailureCode(7777), false) == FailureCode(7777));
}

TEST_CASE("a catalogue with contradictions is refused with the reason") {
    using enum FailureClass;
    struct Row {
        std::vector<CodeEntry> entries;
        std::string want;
    };
    const auto rows = std::to_array<Row>({
        {{code_entry(2001, "a", Permanent), code_entry(2001, "b", Permanent)},
         "code 2001 stands twice"},
        {{code_entry(2001, "a", Permanent), code_entry(2002, "a", Permanent)},
         "the name \"a\" stands twice"},
        {{with_parent(code_entry(6001, "a", Permanent), 4999)},
         "code 6001: there is no parent 4999"},
        {{code_entry(4999, "a", Permanent),
          with_parent(code_entry(6001, "b", Permanent), 4999),
          with_parent(code_entry(6002, "c", Permanent), 6001)},
         "code 6002: its parent 6001 has a parent itself"},
        {{code_entry(2001, "Bad Name", Permanent)},
         "code 2001: a name is made of a-z, 0-9 and hyphens"},
        {{code_entry(2001, "x\nX-Evil: y", Permanent)},
         "code 2001: a name is made of a-z, 0-9 and hyphens"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.want);
        const auto made = CodeCatalogue::make(row.entries);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error() == row.want);
    }
}

TEST_CASE("wire names of classes, actors and learning lead there and back") {
    CHECK(wire_name(FailureClass::Communication) == "communication");
    CHECK(wire_name(Actor::Provider) == "provider");
    CHECK(wire_name(Learning::SuppressDomain) == "suppress-domain");
    for (const std::string_view name :
         {"rejected", "permanent", "temporary", "communication", "informational", "unknown"}) {
        CAPTURE(name);
        const auto parsed = parse_failure_class(name);
        CHECK((parsed.has_value() ? wire_name(*parsed) : "") == name);
    }
    for (const std::string_view name : {"sender", "recipient", "admin", "provider", "nobody"}) {
        CAPTURE(name);
        const auto parsed = parse_actor(name);
        CHECK((parsed.has_value() ? wire_name(*parsed) : "") == name);
    }
    for (const std::string_view name : {"never", "suppress", "count", "suppress-domain"}) {
        CAPTURE(name);
        const auto parsed = parse_learning(name);
        CHECK((parsed.has_value() ? wire_name(*parsed) : "") == name);
    }
    CHECK_FALSE(parse_learning("Never").has_value());
    CHECK_FALSE(parse_actor("").has_value());
}

}  // namespace holdback::terms
