// SPDX-License-Identifier: Apache-2.0
#include "flow/facts.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "outbound/address_lists.hpp"
#include "outbound/mail_route.hpp"
#include "ports/mta_tables.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_subject.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/one_route.hpp"
#include "tests/support/zone_resolver.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
    support::OneRoute mta;
    std::string mta_name;  ///< of the MTA that asks
    support::ManualClock clock;
    config::Settings settings;

    GatheredFacts gather(const std::vector<std::string>& addresses) {
        std::vector<mail::Recipient> recipients;
        recipients.reserve(addresses.size());
        for (const std::string& address : addresses) {
            recipients.push_back(recipient(address));
        }
        return gather_facts_of(recipients);
    }

    GatheredFacts gather_facts_of(const std::vector<mail::Recipient>& recipients) {
        return gather_facts(recipients,
                            mail::NullSender{},
                            settings,
                            {.resolver = &resolver,
                             .suppressions = &suppressions,
                             .journal = &journal,
                             .lists = &lists,
                             .mta = &mta,
                             .mta_name = mta_name},
                            clock.steady_now() + std::chrono::seconds(2),
                            clock.now());
    }
};

}  // namespace

TEST_CASE("what DNS says against a domain gives way to the MTA's own routes") {
    using mail::Membership;
    struct Row {
        std::string_view what;
        std::string_view mailer;
        std::string_view next_hop;
        ports::OwnRoute own;
        mail::MtaKind kind;
        std::string_view route;
        bool perhaps_local;
    };
    const ports::OwnRoute unknown;
    const ports::OwnRoute ours{.membership = Membership::Yes, .list = "relay_domains"};
    const ports::OwnRoute not_ours{.membership = Membership::No, .list = {}};
    constexpr auto kPostfix = mail::MtaKind::Postfix;
    constexpr auto kSendmail = mail::MtaKind::Sendmail;
    constexpr std::string_view kLost = "no-such-domain";
    const std::vector<Row> rows{
        {"the MTA asks DNS itself", "smtp", "Gone.test", ours, kPostfix, kLost, false},
        {"in a table, by SMTP", "smtp", "[smart]", ours, kPostfix, "local:relay_domains", false},
        {"in a table, by sendmail(1)", "", "", ours, kPostfix, "local:relay_domains", false},
        {"in none, by sendmail(1)", "", "", not_ours, kPostfix, kLost, false},
        {"in none, by the smart host", "smtp", "[smart]", not_ours, kPostfix, kLost, false},
        {"in none, by its own next hop", "smtp", "[10.0.0.5]", not_ours, kPostfix, kLost, false},
        {"Sendmail, its own next hop",
         "esmtp",
         "[10.0.0.5]",
         not_ours,
         kSendmail,
         "local:next-hop",
         false},
        {"Sendmail asks DNS itself", "esmtp", "gone.test.", not_ours, kSendmail, kLost, false},
        {"Sendmail, smart host", "relay", "[Smart]", not_ours, kSendmail, kLost, false},
        {"a closed table, own next hop",
         "smtp",
         "[10.0.0.5]",
         unknown,
         kPostfix,
         "local:next-hop",
         false},
        {"a closed table, smart host", "smtp", "[smart]", unknown, kPostfix, kLost, false},
        {"a closed table, by sendmail(1)", "", "", unknown, kPostfix, kLost, true},
        {"nothing read, by sendmail(1)", "", "", ours, mail::MtaKind::None, kLost, true},
        {"nothing read, by SMTP", "smtp", "[smart]", ours, mail::MtaKind::None, kLost, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Sources sources;
        sources.mta.answer = row.own;
        sources.settings.mta.kind = row.kind;
        sources.settings.mta.knows_hops = row.kind != mail::MtaKind::None;
        sources.settings.mta.default_hops = {"[smart]"};
        mail::Recipient asked = recipient("bo@gone.test");
        asked.mailer = row.mailer;
        asked.next_hop = row.next_hop;
        const GatheredFacts facts = sources.gather_facts_of({asked});
        REQUIRE(facts.recipients.size() == 1);
        REQUIRE(facts.recipients[0].route.has_value());
        CHECK(outbound::shown(*facts.recipients[0].route) == row.route);
        CHECK(facts.recipients[0].route->perhaps_local == row.perhaps_local);
    }
}

TEST_CASE("the tables of one MTA say nothing of the routes of another") {
    for (const auto& [name, perhaps_local] : {std::pair("mta.test", false),
                                              std::pair("MX2.test", false),
                                              std::pair("other.test", true)}) {
        CAPTURE(name);
        Sources sources;
        sources.mta.answer = {.membership = mail::Membership::No, .list = {}};
        sources.settings.mta.kind = mail::MtaKind::Postfix;
        sources.settings.mta.host_name = "mta.test";
        sources.settings.mta.other_names = {"mx2.test"};
        sources.mta_name = name;
        const GatheredFacts facts = sources.gather({"bo@gone.test"});
        CHECK(facts.recipients[0].route->perhaps_local == perhaps_local);
        CHECK(sources.mta.asked.empty() == perhaps_local);
    }
}

TEST_CASE("a good domain is not asked about, and with mta_domains off DNS has the last word") {
    Sources sources;
    sources.resolver.set("good.test", support::ZoneState::Good);
    sources.settings.mta.kind = mail::MtaKind::Postfix;
    CHECK(outbound::shown(*sources.gather({"bo@good.test"}).recipients[0].route) == "mx");
    CHECK(sources.mta.asked.empty());
    sources.settings.mta = {};
    sources.settings.outgoing.mta_domains = "off";
    CHECK_FALSE(sources.gather({"bo@gone.test"}).recipients[0].route->perhaps_local);
}

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
    terms::SuppressionEntry entry;
    entry.kind = terms::SubjectKind::Domain;
    entry.subject = "good.test";
    entry.reason = terms::SuppressionReason::Bounce;
    entry.code = terms::FailureCode(2002);
    entry.source = terms::SuppressionSource::Learned;
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
    entry.source = terms::SuppressionSource::Admin;
    REQUIRE(sources.suppressions.put(entry).has_value());
    CHECK(held_back());
    CHECK(sources.gather({"bo@good.test"}).refuted.empty());
}

TEST_CASE("entries for a mailbox count for its tagged addresses, and not the other way round") {
    using terms::SuppressionReason;
    Sources sources;
    const auto put = [&](std::string_view subject, SuppressionReason reason) {
        terms::SuppressionEntry entry;
        entry.subject = subject;
        entry.reason = reason;
        REQUIRE(sources.suppressions.put(entry).has_value());
    };
    const auto facts_of = [&](std::string_view address) {
        return sources.gather({"anna@good.test", std::string(address), "eva@good.test"})
            .recipients.at(1);
    };
    for (const SuppressionReason reason : {SuppressionReason::Bounce,
                                           SuppressionReason::Complaint,
                                           SuppressionReason::Unsubscribe,
                                           SuppressionReason::Manual}) {
        put("bo@gmail.com", reason);
        const outbound::RecipientFacts facts = facts_of("Bo+shop@gmail.com");
        CHECK(facts.mailbox == "bo@gmail.com");
        REQUIRE(facts.suppression.has_value());
        CHECK(facts.suppression->reason == reason);
        CHECK(facts.suppressed_as_mailbox);
    }
    CHECK_FALSE(facts_of("bo@gmail.com").suppressed_as_mailbox);
    CHECK_FALSE(facts_of("bob+shop@gmail.com").suppression.has_value());
    // A failure of the tagged address says nothing of the mailbox, nor of other tags.
    put("eva+old@gmail.com", SuppressionReason::Bounce);
    CHECK_FALSE(facts_of("eva@gmail.com").suppression.has_value());
    CHECK_FALSE(facts_of("eva+new@gmail.com").suppression.has_value());
    CHECK(facts_of("eva+old@gmail.com").suppression.has_value());
    CHECK_FALSE(facts_of("eva+old@gmail.com").suppressed_as_mailbox);
    // Where both weigh the same, its own entry is told; the graver one decides.
    put("eva@gmail.com", SuppressionReason::Bounce);
    CHECK_FALSE(facts_of("eva+old@gmail.com").suppressed_as_mailbox);
    put("eva@gmail.com", SuppressionReason::Manual);
    CHECK(facts_of("eva+old@gmail.com").suppressed_as_mailbox);
    // Allow entries of either let its mail go.
    put("eva+old@gmail.com", SuppressionReason::Allow);
    CHECK(facts_of("eva+old@gmail.com").allowed_by_store);
    CHECK_FALSE(facts_of("eva+new@gmail.com").allowed_by_store);
    put("bo@gmail.com", SuppressionReason::Allow);
    CHECK(facts_of("bo+shop@gmail.com").allowed_by_store);
    // Elsewhere a plus is part of the name.
    put("cy@good.test", SuppressionReason::Manual);
    CHECK_FALSE(facts_of("cy+shop@good.test").suppression.has_value());
    sources.settings.suppress.delimiter.push_back({'+', "good.test"});
    CHECK(facts_of("cy+shop@good.test").suppression.has_value());
}

}  // namespace holdback::flow
