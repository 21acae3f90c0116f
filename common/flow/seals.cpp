// SPDX-License-Identifier: Apache-2.0
#include "flow/seals.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/departures.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/outcome.hpp"
#include "mail/suppression.hpp"
#include "mail/syntax.hpp"
#include "outbound/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

std::vector<std::string> keys_of(const mail::Envelope& envelope,
                                 std::span<const std::size_t> positions) {
    std::vector<std::string> keys;
    keys.reserve(positions.size());
    for (const std::size_t i : positions) {
        keys.push_back(seal_key(envelope.recipients.at(i)));
    }
    return keys;
}

/// Domains of one report about which DNS is asked.
constexpr std::size_t kMostDomains = 32;

void believe(dsn::RecipientProof& proof) {
    proof.proof = mail::Proof::Sealed;
    proof.reason = dsn::ProofReason::Seal;
}

}  // namespace

std::string seal_key(const mail::Recipient& recipient) {
    return recipient.syntax.has_value() ? recipient.syntax->value.key() : recipient.as_given();
}

std::string seal_key(const mail::EnvelopeSender& sender) {
    if (const auto* address = std::get_if<mail::Address>(&sender)) {
        return address->key();
    }
    const auto* text = std::get_if<std::string>(&sender);
    return text == nullptr ? std::string() : *text;
}

void Seals::use(dsn::SealKeys keys) {
    keys_.with([&](dsn::SealKeys& current) { current = std::move(keys); });
}

dsn::SealKeys Seals::keys() const {
    return keys_.with([](const dsn::SealKeys& current) { return current; });
}

bool Seals::seals(const mail::Envelope& envelope, const config::Settings& settings) const {
    return settings.mode == config::Mode::Enforce && settings.seal.enabled &&
           std::holds_alternative<mail::Address>(envelope.sender) &&
           keys_.with([](const dsn::SealKeys& keys) { return !keys.empty(); });
}

std::optional<dsn::Seal> Seals::leave(const Submitting& who,
                                      const mail::Envelope& envelope,
                                      const mail::HeaderList& headers,
                                      std::span<const std::size_t> positions,
                                      const config::Settings& settings) {
    std::vector<std::string> recipients = keys_of(envelope, positions);
    const core::TimePoint now = parts_.clock.now();
    Departure departure(now, seal_key(envelope.sender));
    departure.remember(headers);
    parts_.departures.add(envelope.queue_id, departure, recipients);
    const dsn::SealKeys keys = this->keys();
    if (!seals(envelope, settings) || keys.empty()) {
        return std::nullopt;
    }
    const std::string nonce =
        fmt::format("{} {} {}", who.session_id, envelope.queue_id, now.time_since_epoch().count());
    return dsn::make_seal({.sender = seal_key(envelope.sender),
                           .recipients = std::move(recipients),
                           .identity = outbound::identity_digest(headers)},
                          keys.back(),
                          now,
                          nonce);
}

std::optional<dsn::OpenSeal> Seals::open_fresh(std::string_view text,
                                               const mail::EnvelopeSender& sender,
                                               std::chrono::seconds age) const {
    auto seal = dsn::open_seal(text, std::array{seal_key(sender)}, keys(), parts_.clock.now(), age);
    return seal.has_value() ? std::optional(*std::move(seal)) : std::nullopt;
}

bool Seals::is_foreign(std::string_view text) const {
    const auto seal = dsn::open_seal(text, {}, keys(), parts_.clock.now(), std::chrono::seconds(0));
    return !seal.has_value() && seal.error() == dsn::SealFlaw::UnknownKey;
}

std::vector<dsn::RecipientProof> Seals::prove(const Submitting& who,
                                              const mail::Envelope& envelope,
                                              const dsn::Report& report,
                                              core::SteadyPoint until,
                                              const config::Settings& settings) {
    dsn::ReportOrigin origin;
    origin.direction = envelope.direction;
    origin.now = parts_.clock.now();
    origin.lifetime = settings.seal.lifetime;
    for (const mail::Recipient& recipient : envelope.recipients) {
        origin.recipients.push_back(seal_key(recipient));
    }
    std::vector<dsn::RecipientProof> proofs = dsn::prove(report, origin, keys());
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        if (dsn::may_be_local_unsealed(report, origin, proofs[i])) {
            proofs[i] = prove_unsealed(report, report.recipients.at(i));
        }
    }
    if (envelope.direction != mail::Direction::OwnBounce) {
        prove_shared(who, envelope, until, settings, proofs);
    }
    return proofs;
}

dsn::RecipientProof Seals::prove_unsealed(const dsn::Report& report,
                                          const dsn::RecipientReport& recipient) const {
    dsn::RecipientProof proof;
    proof.reason = dsn::ProofReason::NotOurMessage;
    const auto departure = parts_.departures.find(report.queue_id, parts_.clock.now());
    // mailq(1) shows queue ids to everybody, and the header is in each recipient's copy.
    if (departure == nullptr || !departure->is_returned_in(report.returned.headers) ||
        !departure->is_to(mail::recipient_key(recipient.final_recipient))) {
        return proof;
    }
    if (departure->recipients() > 1) {
        proof.reason = dsn::ProofReason::SharedSeal;
        return proof;
    }
    proof = dsn::local_proof(recipient);
    proof.sender = departure->sender();
    proof.left_at = departure->at();
    return proof;
}

void Seals::prove_shared(const Submitting& who,
                         const mail::Envelope& envelope,
                         core::SteadyPoint until,
                         const config::Settings& settings,
                         std::vector<dsn::RecipientProof>& proofs) {
    const bool trusted = settings.seal.shared == config::SharedSeal::Trust;
    const bool can_be_mail_system =
        who.client.has_value() && std::holds_alternative<mail::NullSender>(envelope.sender);
    std::map<std::string, std::vector<dsn::RecipientProof*>, std::less<>> by_domain;
    for (dsn::RecipientProof& proof : proofs) {
        const auto address = mail::Address::parse(proof.mailed, mail::Smtputf8::Yes);
        if (proof.reason != dsn::ProofReason::SharedSeal || !address.has_value()) {
            continue;
        }
        if (trusted) {
            believe(proof);
        } else if (can_be_mail_system && !address->value.domain().is_literal()) {
            by_domain[address->value.domain().text()].push_back(&proof);
        }
    }
    std::vector<mail::Domain> domains;
    for (const auto& [name, waiting] : by_domain) {
        if (const auto domain = mail::Domain::parse(name, mail::Smtputf8::No);
            domain.has_value() && domains.size() < kMostDomains) {
            domains.push_back(domain->value);
        }
    }
    if (domains.empty() || !who.client.has_value()) {
        return;
    }
    const auto answers = parts_.resolver.collect(domains, until);
    for (std::size_t i = 0; i < domains.size(); ++i) {
        if (dsn::is_mail_system_of(*who.client, answers.at(i))) {
            std::ranges::for_each(by_domain[domains[i].text()],
                                  [](auto* proof) { believe(*proof); });
        }
    }
}

}  // namespace holdback::flow
