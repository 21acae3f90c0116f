// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/seals.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "ports/resolver.hpp"
#include "terms/suppression.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/small_snapshot.hpp"
#include "tests/support/zone_resolver.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

/// Notes what it is asked, and when it is to have ended.
class AskedResolver final : public ports::Resolver {
public:
    struct Question {
        std::size_t domains;
        core::SteadyPoint deadline;
    };

    void start(const mail::Domain& domain) override { zone.start(domain); }
    [[nodiscard]] std::vector<mail::DomainAnswers> collect(std::span<const mail::Domain> domains,
                                                           core::SteadyPoint deadline) override {
        questions.push_back({domains.size(), deadline});
        return zone.collect(domains, deadline);
    }

    support::ZoneResolver zone;
    std::vector<Question> questions;
};

struct House {
    House() {
        seals.use({{.id = {1, 2, 3, 4},
                    .secret = {5, 6, 7},
                    .made = clock.now() - std::chrono::days(1)}});
        envelope.sender = mail::NullSender{};
        envelope.direction = mail::Direction::Inbound;
        envelope.recipients.push_back(
            {.verbatim = "<news@a.test>",
             .syntax = mail::Address::parse("news@a.test", mail::Smtputf8::No)});
        // The server of each domain that the zone calls good.
        who.client = mail::IpAddress::parse("198.41.0.4");
    }

    /// A report about recipients who have all received the same seal, each at a domain of his own.
    dsn::Report shared_by(std::size_t recipients) {
        std::vector<std::string> keys;
        dsn::Report report;
        report.kind = dsn::MessageKind::Dsn;
        for (std::size_t i = 0; i < recipients; ++i) {
            const std::string domain = fmt::format("d{}.test", i);
            resolver.zone.set(domain, support::ZoneState::Good);
            keys.push_back("bo@" + domain);
            report.recipients.emplace_back();
            report.recipients.back().final_recipient = keys.back();
        }
        report.returned.headers.add("X-Holdback-Seal",
                                    dsn::make_seal({.sender = "news@a.test", .recipients = keys},
                                                   seals.keys().back(),
                                                   clock.now() - std::chrono::hours(1),
                                                   "a")
                                        .field);
        return report;
    }

    std::size_t sealed(const dsn::Report& report, core::SteadyPoint until) {
        std::size_t count = 0;
        for (const dsn::RecipientProof& proof :
             seals.prove(support::passing_message(settings, envelope, {}, who), report, until)) {
            count += proof.proof == terms::Proof::Sealed ? 1U : 0U;
        }
        return count;
    }

    support::ManualClock clock;
    AskedResolver resolver;
    Departures departures;
    Seals seals{{.resolver = resolver, .departures = departures, .clock = clock}};
    config::Settings settings;
    mail::Envelope envelope;
    Submitting who;
};

}  // namespace

TEST_CASE(
    "all domains of a report with a shared seal are asked about at once, until one deadline") {
    House house;
    const dsn::Report report = house.shared_by(12);
    const core::SteadyPoint until = house.clock.steady_now() + std::chrono::seconds(2);
    CHECK(house.sealed(report, until) == 12);
    REQUIRE(house.resolver.questions.size() == 1);
    CHECK(house.resolver.questions.front().domains == 12);
    CHECK(house.resolver.questions.front().deadline == until);
}

TEST_CASE("a report can't have DNS asked about as many domains as it likes") {
    House house;
    CHECK(house.sealed(house.shared_by(500), house.clock.steady_now()) == 32);
    REQUIRE(house.resolver.questions.size() == 1);
    CHECK(house.resolver.questions.front().domains == 32);
}

TEST_CASE("nobody is asked where the answer could prove nothing") {
    House house;
    const dsn::Report report = house.shared_by(2);
    SUBCASE("a letter with a sender") {
        house.envelope.sender = mail::Address::parse("eva@d0.test", mail::Smtputf8::No)->value;
    }
    SUBCASE("a client without address") {
        house.who.client.reset();
    }
    CHECK(house.sealed(report, house.clock.steady_now()) == 0);
    CHECK(house.resolver.questions.empty());
}

}  // namespace holdback::flow::incoming
