// SPDX-License-Identifier: Apache-2.0
// The MTA's tables, asked by the real postmap.
#include "io/mta/postfix_tables.hpp"

#include "core/clock.hpp"
#include "io/mta/mta_reader.hpp"
#include "io/system/program_output.hpp"
#include "mail/address.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "ports/log.hpp"
#include "ports/mta_tables.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::mta {

namespace {

class Lines final : public ports::Log {
public:
    void write(ports::Severity /*severity*/, std::string_view line) noexcept override {
        lines.emplace_back(line);
    }
    std::vector<std::string> lines;
};

void write(const std::string& path, std::string_view text) {
    std::ofstream(path) << text;
}

/// A Postfix with these parameters, as the daemon has it.
struct Fixture {
    explicit Fixture(std::string_view parameters) {
        const std::string& etc = base.path();
        write(etc + "/master.cf",
              "smtp unix - - n - - smtp\nslow unix - - n - - smtp\nstore unix - - n - - lmtp\n");
        write(etc + "/main.cf",
              fmt::format("compatibility_level = 3.6\nmyhostname = m.test\nmydestination =\n{}",
                          parameters));
        names = read_mta_names("postfix:" + etc, clock.steady_now() + std::chrono::seconds(20));
        tables.use(names);
    }

    /// "no", "unknown", or the list that has the domain.
    std::string ask(std::string_view domain) { return ask_address(fmt::format("bo@{}", domain)); }

    std::string ask_address(std::string_view address) {
        const std::vector<mail::Address> one{
            mail::Address::parse(address, mail::Smtputf8::Yes).value().value};
        const auto routes = tables.ask(one, clock.steady_now() + std::chrono::seconds(20));
        switch (routes.at(0).membership) {
            case mail::Membership::No:
                return "no";
            case mail::Membership::Unknown:
                return "unknown";
            case mail::Membership::Yes:
                break;
        }
        return routes.at(0).list;
    }

    support::TempDir base;
    core::SystemClock clock;
    Lines log;
    mail::MtaNames names;
    PostfixTables tables{log, clock};
};

bool has_postfix() {
    return system::find_program("postmap").has_value();
}

}  // namespace

TEST_CASE("tables of any type tell which domains are the MTA's" * doctest::skip(!has_postfix())) {
    Fixture f(
        "virtual_alias_domains = inline:{alias.test=x}\n"
        "virtual_mailbox_domains = regexp:{{/^box[0-9]\\.test$$/ OK}} plain.test\n"
        "relay_domains = !inline:{not.branch.test=x} inline:{branch.test=x}\n"
        "transport_maps = inline:{{corp.test = smtp:[10.0.0.5]} {slow.test = slow:}"
        " {stored.test = store:} {.below.test = smtp:[10.0.0.6]:26} {empty.test = :}}\n");
    REQUIRE(f.names.troubles.empty());
    struct Row {
        std::string_view domain;
        std::string_view want;
    };
    for (const Row& row : std::vector<Row>{
             {"alias.test", "virtual_alias_domains"},
             {"x.alias.test", "no"},
             {"box7.test", "virtual_mailbox_domains"},
             {"box77.test", "no"},
             {"plain.test", "virtual_mailbox_domains"},
             {"branch.test", "relay_domains"},
             {"north.branch.test", "relay_domains"},
             {"not.branch.test", "no"},
             {"corp.test", "transport_maps"},
             {"x.corp.test", "no"},
             {"slow.test", "no"},  // another transport, which asks the DNS
             {"stored.test", "transport_maps"},
             {"x.below.test", "transport_maps"},
             {"below.test", "no"},
             {"empty.test", "no"},
             {"other.test", "no"},
         }) {
        CAPTURE(row.domain);
        CHECK(f.ask(row.domain) == row.want);
    }
    CHECK(f.log.lines.empty());
}

TEST_CASE("transport_maps name single addresses, and patterns" * doctest::skip(!has_postfix())) {
    Fixture f(
        "transport_maps = inline:{{fax@gate.test = store:} {gate.test = slow:}}"
        " regexp:{{/^sms[0-9]+@/ store:} {/^never\\.test$$/ store:} {/@pat\\.test$$/ "
        "smtp:[10.0.0.7]}}\n");
    REQUIRE(f.names.troubles.empty());
    struct Row {
        std::string_view address;
        std::string_view want;
    };
    for (const Row& row : std::vector<Row>{
             {"fax@gate.test", "transport_maps"},
             {"FAX@gate.test", "transport_maps"},
             {"fax+3@gate.test", "transport_maps"},
             {"bo@gate.test", "no"},
             {"sms17@any.test", "transport_maps"},
             {"sms@any.test", "no"},
             {"bo@pat.test", "transport_maps"},
             // Patterns are asked for whole addresses alone.
             {"bo@never.test", "no"},
             {"sms1@gate.test", "transport_maps"},
         }) {
        CAPTURE(row.address);
        CHECK(f.ask_address(row.address) == row.want);
    }
    CHECK(f.log.lines.empty());
}

TEST_CASE("a table that can't be opened leaves the question open, and is told once a minute" *
          doctest::skip(!has_postfix())) {
    Fixture f("virtual_mailbox_domains = hash:/nonexistent/domains\nrelay_domains = branch.test\n");
    f.tables.try_all();
    REQUIRE(f.log.lines.size() == 1);
    CHECK(f.log.lines[0].contains("hash:/nonexistent/domains"));
    CHECK(f.log.lines[0].contains("own_domains"));
    f.tables.try_all();
    CHECK(f.ask("other.test") == "unknown");
    CHECK(f.ask("another.test") == "unknown");
    CHECK(f.ask("branch.test") == "relay_domains");
    CHECK(f.log.lines.size() == 1);
}

TEST_CASE("nothing is known of an MTA that could not be read, or was not to be" *
          doctest::skip(!has_postfix())) {
    Fixture f("relay_domains = branch.test\n");
    mail::MtaNames partly = f.names;
    partly.troubles.emplace_back("something");
    f.tables.use(partly);
    CHECK(f.ask("other.test") == "unknown");
    CHECK(f.ask("branch.test") == "relay_domains");
    f.tables.use({});
    CHECK(f.ask("branch.test") == "unknown");
}

}  // namespace holdback::io::mta
