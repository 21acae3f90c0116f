// SPDX-License-Identifier: Apache-2.0
#include "flow/facts.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "outbound/address_lists.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/zone_resolver.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::flow {

namespace {

mail::Recipient recipient(std::string_view address) {
    return {.verbatim = fmt::format("<{}>", address),
            .syntax = mail::Address::parse(address, mail::Smtputf8::No),
            .arguments = {},
            .mailer = {}};
}

/// Everything that facts come from.
struct Sources {
    support::ZoneResolver resolver;
    support::MemorySuppressionStore suppressions;
    support::MemoryJournal journal;
    outbound::AddressLists lists;
    support::ManualClock clock;
    config::Settings settings;

    GatheredFacts gather(const std::vector<std::string>& addresses) {
        std::vector<mail::Recipient> recipients;
        recipients.reserve(addresses.size());
        for (const std::string& address : addresses) {
            recipients.push_back(recipient(address));
        }
        return gather_facts(recipients,
                            mail::NullSender{},
                            settings,
                            {.resolver = &resolver,
                             .suppressions = &suppressions,
                             .journal = &journal,
                             .lists = &lists},
                            clock.steady_now() + std::chrono::seconds(2),
                            clock.now());
    }
};

}  // namespace

TEST_CASE("the journal is asked only about domains that look misspelled") {
    Sources sources;
    sources.resolver.set("good.test", support::ZoneState::Good);
    sources.journal.acceptances["al@gmial.com"] = {};
    sources.journal.acceptances["al@good.test"] = {};
    const GatheredFacts facts =
        sources.gather({"bo@gmial.com", "eva@gmial.com", "bo@gmaix.com", "bo@good.test"});
    REQUIRE(facts.recipients.size() == 4);
    CHECK(facts.recipients[0].domain_took_mail);
    CHECK(facts.recipients[1].domain_took_mail);
    CHECK_FALSE(facts.recipients[2].domain_took_mail);
    CHECK_FALSE(facts.recipients[3].domain_took_mail);
}

TEST_CASE("the administrator's lists are looked through for each recipient") {
    Sources sources;
    sources.lists.roles = {"sales"};
    sources.lists.disposable = {"throw.test"};
    const GatheredFacts facts =
        sources.gather({"sales@good.test", "bo@throw.test", "not an address"});
    REQUIRE(facts.recipients.size() == 3);
    CHECK(facts.recipients[0].is_role);
    CHECK_FALSE(facts.recipients[0].is_disposable);
    CHECK_FALSE(facts.recipients[1].is_role);
    CHECK(facts.recipients[1].is_disposable);
    CHECK_FALSE(facts.recipients[2].is_role);
}

}  // namespace holdback::flow
