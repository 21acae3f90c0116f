// SPDX-License-Identifier: Apache-2.0
#include "dsn/proof.hpp"

#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "dsn/text_scan.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/provider.hpp"
#include "mail/suppression.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

/// Addresses of the returned header that are looked at.
constexpr std::size_t kMostCandidates = 32;

using Texts = std::vector<std::string>;

/// The name under which a mailbox is sealed; empty for what is no address.
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
    for (const FoundAddress& found : find_addresses(value, kMostCandidates)) {
        if (texts.size() < kMostCandidates) {
            add_once(texts, key_of(found.text));
        }
    }
}

/// Whom the returned message may have been sent by: the report comes to its sender, unless somebody
/// on the way rewrote the address.
Texts senders_of(const Report& report, const ReportOrigin& origin) {
    Texts senders;
    for (const std::string& recipient : origin.recipients) {
        if (senders.size() < kMostCandidates) {
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

/// Whom the returned message may have been sent to, beside the recipients that are reported.
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

Texts seals_of(const Report& report) {
    Texts seals;
    for (const std::string& value : report.returned.headers.all(kSealField)) {
        add_once(seals, value);
    }
    if (report.envelope_id.starts_with(kSealMark)) {
        add_once(seals, report.envelope_id);
    }
    for (std::string& found : find_seals(report.human_text)) {
        add_once(seals, std::move(found));
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

/// The recipient with a tag: one that is reported, else the only one that the header names.
std::string mailed_recipient(const OpenSeal& seal,
                             const RecipientReport& recipient,
                             const Texts& named) {
    for (const std::string& reported : {recipient.original_recipient, recipient.final_recipient}) {
        if (std::string key = key_of(reported); !key.empty() && seal.covers(key)) {
            return key;
        }
    }
    std::string mailed;
    for (const std::string& key : named) {
        if (!seal.covers(key)) {
            continue;
        }
        if (!mailed.empty()) {
            return {};  // nothing says which of them
        }
        mailed = key;
    }
    return mailed;
}

RecipientProof by_seal(const OpenSeal& seal,
                       const RecipientReport& recipient,
                       const Texts& named,
                       bool own) {
    RecipientProof proof;
    proof.mailed = mailed_recipient(seal, recipient, named);
    if (proof.mailed.empty()) {
        proof.reason = ProofReason::AnotherRecipient;
        return proof;
    }
    proof.sender = seal.sender();
    proof.message = seal.message();
    if (own) {
        proof = local_proof(recipient);
        proof.sender = seal.sender();
        proof.message = seal.message();
    } else if (seal.is_shared()) {
        proof.reason = ProofReason::SharedSeal;
    } else {
        proof.proof = mail::Proof::Sealed;
        proof.reason = ProofReason::Seal;
    }
    return proof;
}

/// Of several seals (an envelope id and a field, or one of a list on the way) the best one counts.
bool is_better(const RecipientProof& left, const RecipientProof& right) {
    const auto rank = [](const RecipientProof& proof) {
        if (proof.proof != mail::Proof::Unproven) {
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
    const Texts seals = seals_of(report);
    const Texts senders = seals.empty() ? Texts() : senders_of(report, origin);
    const Texts named = seals.empty() ? Texts() : mailed_of(report);
    RecipientProof unsealed;
    unsealed.reason = own ? ProofReason::NotOurMessage : ProofReason::NoSeal;
    std::vector<RecipientProof> proofs(report.recipients.size(), unsealed);
    for (const std::string& text : seals) {
        const auto seal = open_seal(text, senders, keys, origin.now, origin.lifetime);
        for (std::size_t i = 0; i < proofs.size(); ++i) {
            RecipientProof proof;
            if (seal.has_value()) {
                proof = by_seal(*seal, report.recipients[i], named, own);
            } else {
                proof.reason = reason_of(seal.error());
            }
            if (proofs[i].reason == unsealed.reason || is_better(proof, proofs[i])) {
                proofs[i] = std::move(proof);
            }
        }
    }
    return proofs;
}

RecipientProof local_proof(const RecipientReport& recipient) {
    RecipientProof proof;
    proof.proof = mail::Proof::Local;
    proof.reason = ProofReason::OwnMta;
    // The MTA knows whom it mailed: an alias of ours is not to blame for one of its members.
    proof.mailed = key_of(recipient.final_recipient);
    return proof;
}

bool may_be_local_unsealed(const Report& report,
                           const ReportOrigin& origin,
                           const RecipientProof& proof) {
    return is_own(report, origin) && proof.proof == mail::Proof::Unproven &&
           !report.queue_id.empty();
}

bool is_from_side_of(std::string_view client_name,
                     std::string_view domain,
                     const std::vector<std::string>& mail_hosts) {
    const std::string organisation = mail::organisation_of(client_name);
    if (organisation.empty()) {
        return false;
    }
    return organisation == mail::organisation_of(domain) ||
           std::ranges::any_of(mail_hosts, [&](std::string_view host) {
               return organisation == mail::organisation_of(host);
           });
}

}  // namespace holdback::dsn
