// SPDX-License-Identifier: Apache-2.0
#include "flow/facts.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "mail/suppression_subject.hpp"
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

TEST_CASE("a learned entry for a domain stands only while DNS does not say otherwise") {
    Sources sources;
    mail::SuppressionEntry entry;
    entry.kind = mail::SubjectKind::Domain;
    entry.subject = "good.test";
    entry.reason = mail::SuppressionReason::Bounce;
    entry.code = mail::FailureCode(2002);
    entry.source = mail::SuppressionSource::Learned;
    entry.active = true;
    REQUIRE(sources.suppressions.put(entry).has_value());
    const auto held_back = [&] {
        return sources.gather({"bo@good.test"}).recipients.front().suppression.has_value();
    };
    sources.resolver.set("good.test", support::ZoneState::NullMx);
    CHECK(held_back());
    sources.resolver.set("good.test", support::ZoneState::Silent);
    CHECK(held_back());
    sources.resolver.set("good.test", support::ZoneState::Good);
    CHECK_FALSE(held_back());
    const GatheredFacts facts = sources.gather({"bo@good.test", "eva@good.test"});
    REQUIRE(facts.refuted.size() == 1);
    CHECK(facts.refuted.front().text() == "good.test");
    entry.source = mail::SuppressionSource::Admin;
    REQUIRE(sources.suppressions.put(entry).has_value());
    CHECK(held_back());
    CHECK(sources.gather({"bo@good.test"}).refuted.empty());
}

}  // namespace holdback::flow
