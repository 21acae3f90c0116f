// SPDX-License-Identifier: Apache-2.0
#include "dsn/proof.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/address.hpp"
#include "mail/dns_answer.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/next_hop.hpp"
#include "mail/syntax.hpp"
#include "reading/text_scan.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

/// The most addresses of the returned header that are looked at.
constexpr std::size_t kMostCandidates = 32;

using Texts = std::vector<std::string>;

/// The name under which a mailbox is sealed; empty when the text is no address.
std::string key_of(std::string_view text) {
    const auto parsed = mail::Address::parse(text, mail::Smtputf8::Yes);
    return parsed.has_value() ? parsed->value.key() : std::string();
}

void add_once(Texts& texts, std::string text) {
    if (!text.empty() && std::ranges::find(texts, text) == texts.end()) {
        texts.push_back(std::move(text));
    }
}

void add_addresses(Texts& texts, std::string_view value) {
    for (const reading::FoundAddress& found : reading::find_addresses(value, kMostCandidates)) {
        if (texts.size() < kMostCandidates) {
            add_once(texts, key_of(found.text));
        }
    }
}

/// The possible senders of the returned message. The report comes to its sender, unless a host on
/// the way rewrote the address.
Texts senders_of(const Report& report, const ReportOrigin& origin) {
    Texts senders;
    for (const std::string& recipient : origin.recipients) {
        if (senders.size() < kMostSenders) {
            add_once(senders, recipient);
        }
    }
    for (const std::string_view name : {"Return-Path", "Sender", "From"}) {
        for (const std::string& value : report.returned.headers.all(name)) {
            add_addresses(senders, value);
        }
    }
    add_addresses(senders, report.returned.sender);
    return senders;
}

/// The possible recipients of the returned message besides the reported ones.
Texts mailed_of(const Report& report) {
    Texts mailed;
    for (const std::string_view name :
         {"X-Failed-Recipients", "Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"}) {
        for (const std::string& value : report.returned.headers.all(name)) {
            add_addresses(mailed, value);
        }
    }
    return mailed;
}

/// The first `kMostSeals` seals of a report: its envelope id, then those of the header and the
/// text.
Texts seals_of(const Report& report) {
    Texts seals;
    const auto add = [&seals](std::string_view text) {
        if (seals.size() < kMostSeals) {
            add_once(seals, bare_seal(text));
        }
    };
    if (report.envelope_id.starts_with(kSealMark)) {
        add(report.envelope_id);
    }
    // Those of the right form come first, so that fields from a list or a forger do no harm.
    for (const bool marked : {true, false}) {
        for (const std::string& value : report.returned.headers.all(kSealField)) {
            if (core::trim(value).starts_with(kSealMark) == marked) {
                add(value);
            }
        }
    }
    for (const std::string& found : find_seals(report.human_text, kMostSeals)) {
        add(found);
    }
    return seals;
}

ProofReason reason_of(SealFlaw flaw) {
    switch (flaw) {
        case SealFlaw::Malformed:
            return ProofReason::MalformedSeal;
        case SealFlaw::UnknownKey:
            return ProofReason::UnknownKey;
        case SealFlaw::Expired:
            return ProofReason::ExpiredSeal;
        case SealFlaw::Future:
            return ProofReason::FutureSeal;
        case SealFlaw::Altered:
            return ProofReason::AlteredSeal;
    }
    std::unreachable();
}

bool is_own(const Report& report, const ReportOrigin& origin) {
    return origin.direction == mail::Direction::OwnBounce && report.kind == MessageKind::Dsn;
}

/// A seal of the report, and what does not depend on the recipient.
struct TriedSeal {
    core::Result<OpenSeal, SealFlaw> seal;
    /// Recipients of the message, as its header names them.
    Texts named;
    /// The envelope id of its message came back, which is in no recipient's copy.
    bool has_envelope_id = false;
};

std::vector<TriedSeal> try_seals(const Report& report,
                                 const ReportOrigin& origin,
                                 const SealKeys& keys) {
    const Texts texts = seals_of(report);
    if (texts.empty()) {
        return {};
    }
    const Texts senders = senders_of(report, origin);
    const Texts mailed = mailed_of(report);
    std::vector<TriedSeal> tried;
    for (const std::string& text : texts) {
        tried.push_back(
            {.seal = open_seal(text, senders, keys, origin.now, origin.lifetime), .named = {}});
        if (const auto& seal = tried.back().seal; seal.has_value()) {
            std::ranges::copy_if(mailed,
                                 std::back_inserter(tried.back().named),
                                 [&seal](const std::string& key) { return seal->covers(key); });
        }
    }
    for (TriedSeal& each : tried) {
        each.has_envelope_id =
            each.seal.has_value() && std::ranges::any_of(tried, [&each](const TriedSeal& other) {
                return other.seal.has_value() && other.seal->is_envelope_id() &&
                       other.seal->message() == each.seal->message();
            });
    }
    return tried;
}

/// The keys of the recipients that a report names, the mailed one first.
struct ReportedKeys {
    std::string original;
    std::string final;
};

/// The recipient with a tag: a reported one, otherwise the only one that the header names.
std::string mailed_recipient(const TriedSeal& tried, const ReportedKeys& reported) {
    for (const std::string& key : {reported.original, reported.final}) {
        if (!key.empty() && tried.seal->covers(key)) {
            return key;
        }
    }
    // When there are several, nothing tells which one it is.
    return tried.named.size() == 1 ? tried.named.front() : std::string();
}

RecipientProof by_seal(const TriedSeal& tried, const ReportedKeys& reported, bool own) {
    RecipientProof proof;
    // Our MTA reports the recipient that it mailed, after aliases. Addresses behind an alias have
    // not been sealed, and anybody could be named there.
    proof.mailed =
        own && !tried.seal->covers(reported.final) ? "" : mailed_recipient(tried, reported);
    if (proof.mailed.empty()) {
        proof.reason = ProofReason::AnotherRecipient;
        return proof;
    }
    proof.sender = tried.seal->sender();
    proof.message = tried.seal->message();
    proof.left_at = tried.seal->made();
    if (tried.seal->is_shared() && !(own && tried.has_envelope_id)) {
        proof.reason = ProofReason::SharedSeal;
        proof.has_envelope_id = tried.has_envelope_id;
    } else {
        proof.proof = own ? terms::Proof::Local : terms::Proof::Sealed;
        proof.reason = own ? ProofReason::OwnMta : ProofReason::Seal;
    }
    if (own) {
        proof.mailed = reported.final;
    }
    return proof;
}

/// Of several seals (envelope id and field, or one of a list on the way) the best one counts.
bool is_better(const RecipientProof& left, const RecipientProof& right) {
    const auto rank = [](const RecipientProof& proof) {
        if (proof.proof != terms::Proof::Unproven) {
            return 3;
        }
        if (proof.reason == ProofReason::SharedSeal) {
            return 2;
        }
        return proof.reason == ProofReason::AnotherRecipient ? 1 : 0;
    };
    return rank(left) > rank(right);
}

}  // namespace

std::string_view wire_name(ProofReason reason) {
    switch (reason) {
        case ProofReason::OwnMta:
            return "own-mta";
        case ProofReason::Seal:
            return "seal";
        case ProofReason::FeedbackLoop:
            return "feedback-loop";
        case ProofReason::UnprovenRequest:
            return "unproven-request";
        case ProofReason::Unsubscribe:
            return "unsubscribe";
        case ProofReason::NoSeal:
            return "no-seal";
        case ProofReason::NotOurMessage:
            return "not-our-message";
        case ProofReason::MalformedSeal:
            return "malformed-seal";
        case ProofReason::UnknownKey:
            return "unknown-key";
        case ProofReason::ExpiredSeal:
            return "expired-seal";
        case ProofReason::FutureSeal:
            return "future-seal";
        case ProofReason::AlteredSeal:
            return "altered-seal";
        case ProofReason::AnotherRecipient:
            return "another-recipient";
        case ProofReason::SharedSeal:
            return "shared-seal";
    }
    std::unreachable();
}

std::vector<RecipientProof> prove(const Report& report,
                                  const ReportOrigin& origin,
                                  const SealKeys& keys) {
    const bool own = is_own(report, origin);
    RecipientProof unsealed;
    unsealed.reason = own ? ProofReason::NotOurMessage : ProofReason::NoSeal;
    std::vector<RecipientProof> proofs(report.recipients.size(), unsealed);
    const std::vector<TriedSeal> seals = try_seals(report, origin, keys);
    for (std::size_t i = 0; i < proofs.size() && !seals.empty(); ++i) {
        const RecipientReport& recipient = report.recipients[i];
        const ReportedKeys reported{.original = key_of(recipient.original_recipient),
                                    .final = key_of(recipient.final_recipient)};
        for (const TriedSeal& tried : seals) {
            RecipientProof proof;
            if (tried.seal.has_value()) {
                proof = by_seal(tried, reported, own);
            } else {
                proof.reason = reason_of(tried.seal.error());
            }
            if (proofs[i].reason == unsealed.reason || is_better(proof, proofs[i])) {
                proofs[i] = std::move(proof);
            }
        }
    }
    return proofs;
}

bool names_nobody(const Report& report, const RecipientProof& proof) {
    if (report.kind != MessageKind::Complaint || report.recipients.size() != 1 ||
        !proof.mailed.empty()) {
        return false;
    }
    return report.recipients.front().recipient().empty() ||
           (report.inferred && proof.reason == ProofReason::AnotherRecipient);
}

std::vector<OpenSeal> seals_of_one(const Report& report,
                                   const ReportOrigin& origin,
                                   const SealKeys& keys) {
    std::vector<OpenSeal> seals;
    for (TriedSeal& tried : try_seals(report, origin, keys)) {
        if (tried.seal.has_value() && !tried.seal->is_shared()) {
            seals.push_back(*std::move(tried.seal));
        }
    }
    return seals;
}

RecipientProof proof_by(const OpenSeal& seal, std::string recipient) {
    return {.proof = terms::Proof::Sealed,
            .reason = ProofReason::Seal,
            .mailed = std::move(recipient),
            .sender = seal.sender(),
            .message = seal.message(),
            .left_at = seal.made()};
}

RecipientProof local_proof(const RecipientReport& recipient) {
    RecipientProof proof;
    proof.proof = terms::Proof::Local;
    proof.reason = ProofReason::OwnMta;
    // The MTA knows whom it mailed. An alias of ours is not to blame for one of its members.
    proof.mailed = key_of(recipient.final_recipient);
    return proof;
}

bool may_be_local_unsealed(const Report& report,
                           const ReportOrigin& origin,
                           const RecipientProof& proof) {
    return is_own(report, origin) && proof.reason == ProofReason::NotOurMessage &&
           !report.queue_id.empty();
}

bool is_mail_system_of(const mail::IpAddress& client, const mail::DomainAnswers& answers) {
    const bool has_mx = std::ranges::any_of(
        answers.answers, [](const mail::DnsAnswer& answer) { return !answer.mx.empty(); });
    return std::ranges::any_of(answers.answers, [&](const mail::DnsAnswer& answer) {
        const bool is_mail_host =
            !has_mx || std::ranges::any_of(answers.answers, [&](const mail::DnsAnswer& other) {
                return std::ranges::any_of(other.mx, [&](const mail::MxHost& host) {
                    return host.exchange == answer.question.name;
                });
            });
        return is_mail_host &&
               std::ranges::find(answer.addresses, client) != answer.addresses.end();
    });
}

bool is_hop(const mail::IpAddress& client,
            const mail::NamedHop& hop,
            const mail::DomainAnswers& answers) {
    switch (hop.by) {
        case mail::NamedHop::By::Mx:
            return is_mail_system_of(client, answers);
        case mail::NamedHop::By::Host:
            return std::ranges::any_of(answers.answers, [&](const mail::DnsAnswer& answer) {
                return answer.question.name == hop.name.text() &&
                       std::ranges::find(answer.addresses, client) != answer.addresses.end();
            });
    }
    std::unreachable();
}

bool believes_handover(Handover handover, const RecipientProof& proof, bool has_come_a_way) {
    switch (handover) {
        case Handover::None:
            return false;
        case Handover::Found:
            return proof.has_envelope_id || !has_come_a_way;
        case Handover::Named:
            return true;
    }
    std::unreachable();
}

bool has_come_a_way(const mail::HeaderList& headers) {
    return std::ranges::any_of(headers.all("Received"), [](const std::string& value) {
        std::string_view rest = core::trim(value);
        constexpr std::string_view kFrom = "from";
        if (!core::starts_with_ignoring_case(rest, kFrom)) {
            return false;
        }
        rest = core::trim(rest.substr(kFrom.size()));
        // This is Sendmail's and Exim's own mail. A client over SMTP has an address behind its
        // name.
        return rest.contains('[') ||
               !(core::starts_with_ignoring_case(rest, "localhost (localhost)") ||
                 core::contains_ignoring_case(rest, " with local "));
    });
}

}  // namespace holdback::dsn
