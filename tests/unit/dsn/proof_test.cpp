// SPDX-License-Identifier: Apache-2.0
#include "dsn/proof.hpp"

#include "core/clock.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using mail::Direction;
using mail::Proof;

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

TEST_CASE("our MTA's own DSN is proof when it returns a seal, shared or not") {
    for (const auto& recipients : std::vector<std::vector<std::string>>{
             {"bo@example.net"}, {"bo@example.net", "eva@example.net"}}) {
        Report report = report_of("bo@example.net");
        report.returned.headers.add("X-Holdback-Seal", seal_for(recipients).field);
        const RecipientProof proof = prove_one(report, Direction::OwnBounce);
        CHECK(proof.proof == Proof::Local);
        CHECK(proof.reason == ProofReason::OwnMta);
        CHECK(prove_one(report, Direction::Outgoing).proof != Proof::Local);
        report.kind = MessageKind::Bounce;
        CHECK(prove_one(report, Direction::OwnBounce).proof != Proof::Local);
    }
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

TEST_CASE("a host speaks for domains of its own organisation and those it takes mail for") {
    const std::vector<std::string> hosts{"aspmx.l.google.com", "alt1.aspmx.l.google.com"};
    CHECK(is_from_side_of("mail-ed1.google.com", "example.net", hosts));
    CHECK(is_from_side_of("mx1.example.net", "example.net", {}));
    CHECK(is_from_side_of("out.mail.example.co.uk", "example.co.uk", {}));
    CHECK_FALSE(is_from_side_of("mx.evil.co.uk", "example.co.uk", {}));
    CHECK_FALSE(is_from_side_of("mx.example.com", "example.net", hosts));
    CHECK_FALSE(is_from_side_of("", "example.net", hosts));
    CHECK_FALSE(is_from_side_of("notgoogle.com", "example.net", hosts));
}

}  // namespace holdback::dsn
