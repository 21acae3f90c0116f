// SPDX-License-Identifier: Apache-2.0
#include "dsn/proof.hpp"

#include "core/clock.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/dns_answer.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/next_hop.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using mail::Direction;
using terms::Proof;

constexpr core::TimePoint kNow{std::chrono::seconds(1'790'000'000)};

const SealKeys& keys() {
    static const SealKeys made{
        {.id = {1, 2, 3, 4}, .secret = {5, 6, 7}, .made = kNow - std::chrono::days(1)}};
    return made;
}

Seal seal_for(std::vector<std::string> recipients,
              std::string sender = "news@example.org",
              std::string_view nonce = "a") {
    return make_seal({.sender = std::move(sender), .recipients = std::move(recipients)},
                     keys().back(),
                     kNow - std::chrono::hours(1),
                     nonce);
}

Report report_of(const std::string& recipient) {
    Report report;
    report.kind = MessageKind::Dsn;
    report.queue_id = "4XkQ";
    report.recipients.push_back({});
    report.recipients.back().final_recipient = recipient;
    return report;
}

ReportOrigin origin_of(Direction direction) {
    return {.direction = direction,
            .recipients = {"news@example.org"},
            .now = kNow,
            .lifetime = std::chrono::days(14)};
}

RecipientProof prove_one(const Report& report, Direction direction = Direction::Inbound) {
    return prove(report, origin_of(direction), keys()).at(0);
}

}  // namespace

TEST_CASE("a report from outside is proven by a seal for its recipient") {
    Report report = report_of("Bo@Example.Net");
    SUBCASE("in the returned header") {
        report.returned.headers.add("x-holdback-seal", seal_for({"bo@example.net"}).field);
    }
    SUBCASE("as the envelope id") {
        report.envelope_id = seal_for({"bo@example.net"}).envelope_id;
    }
    SUBCASE("in the text") {
        report.human_text = "> X-Holdback-Seal: " + seal_for({"bo@example.net"}).envelope_id;
    }
    SUBCASE("beside one of another message") {
        report.returned.headers.add("X-Holdback-Seal", seal_for({"eva@example.net"}).field);
        report.returned.headers.add("X-Holdback-Seal", " cut");
        report.envelope_id = seal_for({"bo@example.net"}).envelope_id;
    }
    const RecipientProof proof = prove_one(report);
    CHECK(proof.proof == Proof::Sealed);
    CHECK(proof.reason == ProofReason::Seal);
    CHECK(proof.mailed == "bo@example.net");
    CHECK(proof.sender == "news@example.org");
    CHECK_FALSE(proof.message.empty());
}

TEST_CASE("what brings no good seal is unproven, and the reason says why") {
    struct Row {
        std::string_view what;
        std::string field;
        ProofReason want;
    };
    const std::string good = seal_for({"bo@example.net"}).field;
    SealKeys strangers = keys();
    strangers.back().secret.fill(1);
    const auto rows = std::to_array<Row>({
        {"another recipient's", seal_for({"eva@example.net"}).field, ProofReason::AnotherRecipient},
        {"another sender's",
         seal_for({"bo@example.net"}, "x@example.org").field,
         ProofReason::AlteredSeal},
        {"cut", good.substr(0, good.size() - 1), ProofReason::MalformedSeal},
        {"changed", good.substr(0, good.size() - 3) + "AAA", ProofReason::AlteredSeal},
        {"no seal at all", "yes", ProofReason::MalformedSeal},
        {"made with another secret",
         make_seal({.sender = "news@example.org", .recipients = {"bo@example.net"}},
                   strangers.back(),
                   kNow,
                   "a")
             .field,
         ProofReason::AlteredSeal},
        {"expired",
         make_seal({.sender = "news@example.org", .recipients = {"bo@example.net"}},
                   keys().back(),
                   kNow - std::chrono::days(15),
                   "a")
             .field,
         ProofReason::ExpiredSeal},
        {"of tomorrow",
         make_seal({.sender = "news@example.org", .recipients = {"bo@example.net"}},
                   keys().back(),
                   kNow + std::chrono::days(1),
                   "a")
             .field,
         ProofReason::FutureSeal},
        {"shared", seal_for({"bo@example.net", "eva@example.net"}).field, ProofReason::SharedSeal},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Report report = report_of("bo@example.net");
        report.returned.headers.add("X-Holdback-Seal", row.field);
        const RecipientProof proof = prove_one(report);
        CHECK(proof.proof == Proof::Unproven);
        CHECK(proof.reason == row.want);
    }
    CHECK(prove_one(report_of("bo@example.net")).reason == ProofReason::NoSeal);
    Report report = report_of("bo@example.net");
    report.returned.headers.add("X-Holdback-Seal", good);
    const auto without_key = prove(report, origin_of(Direction::Inbound), {});
    CHECK(without_key.at(0).reason == ProofReason::UnknownKey);
}

TEST_CASE("the proven recipient is the one that we mailed") {
    Report report = report_of("bo.forwarded@example.com");
    report.returned.headers.add("X-Holdback-Seal", seal_for({"bo@example.net"}).field);
    SUBCASE("the header names it") {
        report.returned.headers.add("To", " Bo <bo@example.net>, Eva <eva@example.net>");
        const RecipientProof proof = prove_one(report);
        CHECK(proof.proof == Proof::Sealed);
        CHECK(proof.mailed == "bo@example.net");
    }
    SUBCASE("the report names it as the original recipient") {
        report.recipients.front().original_recipient = "bo@example.net";
        CHECK(prove_one(report).mailed == "bo@example.net");
    }
    SUBCASE("nobody names it") {
        const RecipientProof proof = prove_one(report);
        CHECK(proof.proof == Proof::Unproven);
        CHECK(proof.reason == ProofReason::AnotherRecipient);
    }
}

TEST_CASE("a complaint whose provider hides who complained is that of the seal's only recipient") {
    Report report = report_of("");
    report.kind = MessageKind::Complaint;
    report.returned.headers.add("X-Holdback-Seal", seal_for({"bo@example.net"}).field);
    CHECK(names_nobody(report, prove_one(report)));
    // The header of the message may name a list in his place.
    report.recipients.back().final_recipient = "members@example.net";
    CHECK_FALSE(names_nobody(report, prove_one(report)));
    report.inferred = true;
    CHECK(names_nobody(report, prove_one(report)));
    report.recipients.back().final_recipient = "bo@example.net";
    CHECK_FALSE(names_nobody(report, prove_one(report)));

    const auto seals = seals_of_one(report, origin_of(Direction::Inbound), keys());
    REQUIRE(seals.size() == 1);
    CHECK(seals.front().covers("bo@example.net"));
    CHECK_FALSE(seals.front().covers("eva@example.net"));
    const RecipientProof proof = proof_by(seals.front(), "bo@example.net");
    CHECK(proof == prove_one(report));

    Report of_several = report_of("");
    of_several.returned.headers.add("X-Holdback-Seal",
                                    seal_for({"bo@example.net", "eva@example.net"}).field);
    CHECK(seals_of_one(of_several, origin_of(Direction::Inbound), keys()).empty());
}

TEST_CASE("of several that were mailed, a forwarded one cannot be told") {
    Report report = report_of("somebody@example.com");
    report.returned.headers.add("X-Holdback-Seal",
                                seal_for({"bo@example.net", "eva@example.net"}).field);
    report.returned.headers.add("To", " bo@example.net, eva@example.net");
    CHECK(prove_one(report).reason == ProofReason::AnotherRecipient);
}

TEST_CASE("each recipient of a report has a proof of its own") {
    Report report = report_of("bo@example.net");
    report.recipients.push_back({});
    report.recipients.back().final_recipient = "eva@example.net";
    report.returned.headers.add("X-Holdback-Seal", seal_for({"bo@example.net"}).field);
    const auto proofs = prove(report, origin_of(Direction::Inbound), keys());
    REQUIRE(proofs.size() == 2);
    CHECK(proofs[0].proof == Proof::Sealed);
    CHECK(proofs[1].proof == Proof::Unproven);
    CHECK(proofs[1].reason == ProofReason::AnotherRecipient);
}

TEST_CASE("our MTA's own DSN is proof when it returns a seal of the recipient that failed") {
    Report report = report_of("bo@example.net");
    report.returned.headers.add("X-Holdback-Seal", seal_for({"bo@example.net"}).field);
    const RecipientProof proof = prove_one(report, Direction::OwnBounce);
    CHECK(proof.proof == Proof::Local);
    CHECK(proof.reason == ProofReason::OwnMta);
    CHECK(proof.mailed == "bo@example.net");
    CHECK(proof.left_at == kNow - std::chrono::hours(1));
    CHECK(prove_one(report, Direction::Outgoing).proof != Proof::Local);
    report.kind = MessageKind::Bounce;
    CHECK(prove_one(report, Direction::OwnBounce).proof != Proof::Local);
    // Whoever has a copy could name anybody as standing behind it.
    report.kind = MessageKind::Dsn;
    report.recipients.back().original_recipient = "bo@example.net";
    report.recipients.back().final_recipient = "victim@example.com";
    CHECK(prove_one(report, Direction::OwnBounce).reason == ProofReason::AnotherRecipient);
}

TEST_CASE("a co-recipient's copy proves nothing by sendmail(1), the envelope id does") {
    std::vector<std::string> many{"bo@example.net"};
    for (int i = 0; i < 20; ++i) {
        many.push_back("r" + std::to_string(i) + "@example.net");
    }
    for (const auto& recipients :
         std::vector<std::vector<std::string>>{{"bo@example.net", "eva@example.net"}, many}) {
        CAPTURE(recipients.size());
        const Seal seal = seal_for(recipients);
        Report report = report_of(recipients.back());
        report.returned.headers.add("X-Holdback-Seal", seal.field);
        CHECK(prove_one(report, Direction::OwnBounce).reason == ProofReason::SharedSeal);
        // The field for the envelope id: for up to eight recipients both have the same tags.
        report.envelope_id = seal.field;
        CHECK(prove_one(report, Direction::OwnBounce).reason == ProofReason::SharedSeal);
        // That of another message.
        report.envelope_id =
            seal_for({"x@example.net", "y@example.net"}, "news@example.org", "b").envelope_id;
        CHECK(prove_one(report, Direction::OwnBounce).reason == ProofReason::SharedSeal);
        report.envelope_id = seal.envelope_id;
        CHECK(prove_one(report, Direction::OwnBounce).proof == Proof::Local);
        CHECK(prove_one(report, Direction::Inbound).reason == ProofReason::SharedSeal);
    }
}

TEST_CASE("a seal is opened once, in whatever white space it stands") {
    const std::string good = seal_for({"bo@example.net"}).field;
    Report report = report_of("bo@example.net");
    for (int i = 0; i < 40; ++i) {
        report.returned.headers.add("X-Holdback-Seal",
                                    good.substr(0, 20) + std::string(1U + unsigned(i), ' ') +
                                        good.substr(20, 9) + "x" + good.substr(30));
        report.returned.headers.add("X-Holdback-Seal", "junk" + std::to_string(i));
    }
    report.returned.headers.add("X-Holdback-Seal", good);
    CHECK(prove_one(report).proof == Proof::Sealed);
}

TEST_CASE("the work on a report grows with its recipients alone") {
    std::vector<std::string> recipients;
    Report report;
    report.kind = MessageKind::Dsn;
    for (int i = 0; i < 600; ++i) {
        recipients.push_back("r" + std::to_string(i) + "@example.net");
        report.recipients.push_back({});
        report.recipients.back().final_recipient = "x" + recipients.back();
        report.returned.headers.add("To", "y" + recipients.back());
    }
    const std::string field = seal_for(recipients).field;
    for (std::size_t i = 0; i < 30; ++i) {
        report.returned.headers.add("X-Holdback-Seal",
                                    field.substr(0, 100 + i) + "\n \t" + field.substr(100 + i));
    }
    const auto began = std::chrono::steady_clock::now();
    const auto proofs = prove(report, origin_of(Direction::Inbound), keys());
    CHECK(proofs.back().reason == ProofReason::AnotherRecipient);
    // Seconds where each copy is opened and each address is looked for anew.
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}

TEST_CASE("the marks of our MTA alone prove nothing: anybody here can call sendmail(1)") {
    const Report report = report_of("bo@example.net");
    const ReportOrigin own = origin_of(Direction::OwnBounce);
    const RecipientProof proof = prove_one(report, Direction::OwnBounce);
    CHECK(proof.proof == Proof::Unproven);
    CHECK(proof.reason == ProofReason::NotOurMessage);
    CHECK(may_be_local_unsealed(report, own, proof));
    CHECK_FALSE(may_be_local_unsealed(report, origin_of(Direction::Inbound), proof));
    Report nameless = report;
    nameless.queue_id.clear();
    CHECK_FALSE(may_be_local_unsealed(nameless, own, proof));
}

TEST_CASE("a mail system of a domain is known by its MX hosts' addresses") {
    const auto address = [](std::string_view text) { return mail::IpAddress::parse(text).value(); };
    mail::DomainAnswers answers{.domain = "example.net"};
    answers.answers.push_back({.question = {"example.net", mail::DnsType::A},
                               .outcome = mail::DnsOutcome::Found,
                               .addresses = {address("192.0.2.80")}});
    CHECK(is_mail_system_of(address("192.0.2.80"), answers));  // without MX it is the domain itself
    answers.answers.push_back({.question = {"example.net", mail::DnsType::Mx},
                               .outcome = mail::DnsOutcome::Found,
                               .mx = {{10, "mx.example.net"}}});
    answers.answers.push_back({.question = {"mx.example.net", mail::DnsType::A},
                               .outcome = mail::DnsOutcome::Found,
                               .addresses = {address("192.0.2.25")}});
    CHECK(is_mail_system_of(address("192.0.2.25"), answers));
    CHECK_FALSE(is_mail_system_of(address("192.0.2.80"), answers));
    CHECK_FALSE(is_mail_system_of(address("192.0.2.26"), answers));
    CHECK_FALSE(is_mail_system_of(address("192.0.2.25"), {.domain = "example.net"}));
}

TEST_CASE("a relay that was found speaks for what it made itself, or what no copy shows") {
    const auto proof = [](bool has_envelope_id) {
        RecipientProof shared;
        shared.reason = ProofReason::SharedSeal;
        shared.has_envelope_id = has_envelope_id;
        return shared;
    };
    CHECK_FALSE(believes_handover(Handover::None, proof(true), false));
    CHECK(believes_handover(Handover::Found, proof(false), false));
    CHECK(believes_handover(Handover::Found, proof(true), true));
    CHECK_FALSE(believes_handover(Handover::Found, proof(false), true));
    CHECK(believes_handover(Handover::Named, proof(false), true));
}

TEST_CASE("a message that a client has handed to the relay says so in its trace") {
    struct Row {
        std::string_view what;
        std::string_view received;
        bool want;
    };
    const std::vector<Row> rows{
        {"Postfix's own", " by relay.example.net (Postfix)\r\n\tid 4Xk2; Mon, 1 Jan 2026", false},
        {"Sendmail's own", " from localhost (localhost)\r\n\tby relay.example.net id x", false},
        {"Exim's own", " from Debian-exim by relay.example.net with local (Exim 4.96)", false},
        {"a client", " from pc.example.net (pc.example.net [192.0.2.7]) by relay.test", true},
        {"a client without an address", " from pc.example.net by relay.test with ESMTP", true},
        {"one that calls itself localhost", " from localhost (localhost [192.0.2.7]) by r", true},
        {"one that says how it came", " from x with local ([192.0.2.7]) by r with ESMTP", true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        mail::HeaderList headers;
        CHECK_FALSE(has_come_a_way(headers));
        headers.add("Received", row.received);
        CHECK(has_come_a_way(headers) == row.want);
    }
}

TEST_CASE("the envelope id that came back with a shared seal is told") {
    const Seal seal = seal_for({"bo@example.net", "eva@example.net"});
    Report report = report_of("bo@example.net");
    report.returned.headers.add("X-Holdback-Seal", seal.field);
    CHECK(prove_one(report).reason == ProofReason::SharedSeal);
    CHECK_FALSE(prove_one(report).has_envelope_id);
    report.envelope_id = seal.envelope_id;
    CHECK(prove_one(report).reason == ProofReason::SharedSeal);
    CHECK(prove_one(report).has_envelope_id);
}

TEST_CASE("a next hop in brackets is that host, one without them its MX hosts") {
    const auto client = mail::IpAddress::parse("192.0.2.9").value();
    const auto hop = [](std::string_view text) {
        return std::get<mail::NamedHop>(mail::parse_next_hop(text).value());
    };
    mail::DomainAnswers answers{.domain = "smart.example"};
    answers.answers.push_back({.question = {"smart.example", mail::DnsType::A},
                               .outcome = mail::DnsOutcome::Found,
                               .addresses = {client}});
    CHECK(is_hop(client, hop("[smart.example]:587"), answers));
    CHECK(is_hop(client, hop("smart.example"), answers));
    answers.answers.push_back({.question = {"smart.example", mail::DnsType::Mx},
                               .outcome = mail::DnsOutcome::Found,
                               .mx = {{10, "mx.smart.example"}}});
    CHECK(is_hop(client, hop("[smart.example]:587"), answers));
    CHECK_FALSE(is_hop(client, hop("smart.example"), answers));
}

}  // namespace holdback::dsn
