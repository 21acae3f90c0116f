// SPDX-License-Identifier: Apache-2.0
#include "mail/mta_names.hpp"

#include "mail/domain.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

Domain domain(std::string_view text) {
    return Domain::parse(text, Smtputf8::Yes).value().value;
}

std::string_view word(Membership membership) {
    switch (membership) {
        case Membership::No:
            return "no";
        case Membership::Yes:
            return "yes";
        case Membership::Unknown:
            return "unknown";
    }
    return "";
}

/// "name", "!name", or "table:" and "!table:" for a table.
DomainList list_of(Subdomains subdomains, const std::vector<std::string_view>& entries) {
    DomainList list("mydestination", subdomains);
    for (std::string_view entry : entries) {
        const bool excludes = entry.starts_with('!');
        entry.remove_prefix(excludes ? 1 : 0);
        if (entry.ends_with(':')) {
            list.add_table({.instance = "/etc/postfix", .name = std::string(entry)}, excludes);
        } else {
            list.add_name(entry, excludes);
        }
    }
    return list;
}

}  // namespace

TEST_CASE("the first entry of a list that fits a domain decides") {
    struct Row {
        Subdomains subdomains;
        std::vector<std::string_view> entries;
        std::string_view domain;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {Subdomains::Never, {}, "a.test", "no"},
        {Subdomains::Never, {"a.test"}, "a.test", "yes"},
        {Subdomains::Never, {"A.Test"}, "a.test", "yes"},
        {Subdomains::Never, {"a.test"}, "x.a.test", "no"},
        {Subdomains::Never, {".a.test"}, "x.a.test", "no"},
        {Subdomains::Never, {"bücher.test"}, "xn--bcher-kva.test", "yes"},
        {Subdomains::Never, {"xn--bcher-kva.test"}, "bücher.test", "yes"},
        {Subdomains::Never, {"!a.test", "a.test"}, "a.test", "no"},
        {Subdomains::Never, {"a.test", "!a.test"}, "a.test", "yes"},
        {Subdomains::ByDot, {"a.test"}, "x.a.test", "no"},
        {Subdomains::ByDot, {".a.test"}, "x.y.a.test", "yes"},
        {Subdomains::ByDot, {".a.test"}, "a.test", "no"},
        {Subdomains::Always, {"a.test"}, "x.y.a.test", "yes"},
        {Subdomains::Always, {"a.test"}, "xa.test", "no"},
        {Subdomains::Always, {"!x.a.test", "a.test"}, "x.a.test", "no"},
        {Subdomains::Always, {"!x.a.test", "a.test"}, "y.a.test", "yes"},
        {Subdomains::Always, {"test"}, "[192.0.2.1]", "no"},
        // A table that was not asked.
        {Subdomains::Never, {"table:"}, "a.test", "unknown"},
        {Subdomains::Never, {"table:", "a.test"}, "a.test", "yes"},
        {Subdomains::Never, {"a.test", "table:"}, "a.test", "yes"},
        {Subdomains::Never, {"!table:"}, "a.test", "no"},
        {Subdomains::Never, {"!table:", "a.test"}, "a.test", "unknown"},
        {Subdomains::Never, {"table:", "!a.test"}, "a.test", "unknown"},
        {Subdomains::Never, {"!a.test", "table:"}, "a.test", "no"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.domain);
        CAPTURE(row.entries.size());
        const DomainList list = list_of(row.subdomains, row.entries);
        CHECK(word(list.has(domain(row.domain))) == row.want);
    }
}

TEST_CASE("tables are asked about the domain, and where the list says so about those above it") {
    struct Row {
        Subdomains subdomains;
        std::vector<std::string> keys;
    };
    const std::vector<Row> rows{
        {Subdomains::Never, {"x.a.test"}},
        {Subdomains::ByDot, {"x.a.test", ".a.test", ".test"}},
        {Subdomains::Always, {"x.a.test", "a.test", "test"}},
    };
    for (const Row& row : rows) {
        CHECK(DomainList("list", row.subdomains).keys_of(domain("x.a.test")) == row.keys);
    }
    CHECK(DomainList("list", Subdomains::Always).keys_of(domain("[192.0.2.1]")) ==
          std::vector<std::string>{"[192.0.2.1]"});
}

TEST_CASE("a table that answers decides in its place") {
    const auto in_table = [](const MtaTable& /*table*/, std::string_view key) {
        return std::optional(key == "a.test");
    };
    struct Row {
        std::vector<std::string_view> entries;
        std::string_view domain;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {{"table:"}, "a.test", "yes"},
        {{"table:"}, "x.a.test", "yes"},
        {{"table:"}, "b.test", "no"},
        {{"!table:", "test"}, "a.test", "no"},
        {{"!table:", "test"}, "b.test", "yes"},
        {{"!a.test", "table:"}, "a.test", "no"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.domain);
        const DomainList list = list_of(Subdomains::Always, row.entries);
        CHECK(word(list.has(domain(row.domain), in_table)) == row.want);
    }
}

TEST_CASE("the MTA's names tell which list has a domain") {
    MtaNames names;
    names.lists.push_back(list_of(Subdomains::Never, {"table:", "!a.test"}));
    DomainList relay("relay_domains", Subdomains::Always);
    relay.add_name("a.test", false);
    names.lists.push_back(relay);
    CHECK(names.list_of(domain("x.a.test")) == "relay_domains");
    CHECK(names.list_of(domain("b.test")) == std::nullopt);
}

}  // namespace holdback::mail
