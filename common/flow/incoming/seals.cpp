// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/seals.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/next_hop.hpp"
#include "mail/outcome.hpp"
#include "mail/syntax.hpp"
#include "mail/transport.hpp"
#include "outbound/fingerprint.hpp"
#include "outbound/local_route.hpp"
#include "ports/journal.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::incoming {

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

/// Most domains, and most next hops, that DNS is asked about for one report.
constexpr std::size_t kMostDomains = 32;
constexpr std::size_t kMostHops = 8;

/// How many outcomes of one recipient are searched for a host.
constexpr std::size_t kMostHandovers = 16;
/// For how many recipients of one report the journal is asked.
constexpr std::size_t kMostLookups = 64;

/// True unless the MTA delivers to all of them itself.
bool leaves_this_host(const mail::Envelope& envelope,
                      std::span<const std::size_t> positions,
                      const config::Settings& settings) {
    return std::ranges::any_of(positions, [&](std::size_t i) {
        return !mail::is_local_transport(
            outbound::program_of(envelope.recipients.at(i).mailer, settings));
    });
}

void believe(dsn::RecipientProof& proof) {
    proof.proof = terms::Proof::Sealed;
    proof.reason = dsn::ProofReason::Seal;
}

/// A proof by a seal that several recipients have, and the domain of its recipient.
struct Waiting {
    dsn::RecipientProof* proof;
    mail::Domain domain;
};

/// True for a host that is not ours: our hosts pass on anybody's mail.
bool is_elsewhere(const mail::IpAddress& client, const config::Settings& settings) {
    const auto has = [&client](const mail::Network& network) { return network.contains(client); };
    const std::string text = client.text();
    return text != "127.0.0.1" && text != "::1" &&
           std::ranges::none_of(settings.outgoing.networks, has);
}

/// What DNS is asked for a report.
struct Asked {
    std::vector<mail::Domain> domains;
    std::vector<mail::NamedHop> hops;  ///< their domains are among `domains`
    std::vector<mail::IpAddress> hosts;

    [[nodiscard]] dsn::Handover handover(const mail::IpAddress& client,
                                         std::span<const mail::DomainAnswers> answers,
                                         const config::Settings& settings) const {
        const auto has = [&](const mail::Network& network) { return network.contains(client); };
        if (std::ranges::any_of(settings.seal.relays, has)) {
            return dsn::Handover::Named;
        }
        const bool is_known =
            std::ranges::find(hosts, client) != hosts.end() ||
            std::ranges::any_of(hops, [&](const mail::NamedHop& hop) {
                const auto place = std::ranges::find(domains, hop.name);
                return place != domains.end() &&
                       dsn::is_hop(
                           client, hop, answers[static_cast<std::size_t>(place - domains.begin())]);
            });
        return is_known && is_elsewhere(client, settings) ? dsn::Handover::Found
                                                          : dsn::Handover::None;
    }
};

Asked ask(std::span<const Waiting> waiting, std::span<const std::string> default_hops) {
    Asked asked;
    const auto add = [&asked](const mail::Domain& domain) {
        if (std::ranges::find(asked.domains, domain) == asked.domains.end()) {
            asked.domains.push_back(domain);
        }
    };
    for (const std::string& text : default_hops.first(std::min(default_hops.size(), kMostHops))) {
        const auto hop = mail::parse_next_hop(text);
        if (!hop.has_value()) {
            continue;
        }
        if (const auto* host = std::get_if<mail::IpAddress>(&*hop)) {
            asked.hosts.push_back(*host);
        } else {
            asked.hops.push_back(std::get<mail::NamedHop>(*hop));
            add(asked.hops.back().name);
        }
    }
    for (const Waiting& each : waiting) {
        if (asked.domains.size() < kMostDomains) {
            add(each.domain);
        }
    }
    return asked;
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

std::optional<dsn::Seal> Seals::leave(const PassingMessage& message,
                                      std::span<const std::size_t> positions) {
    const mail::Envelope& envelope = message.envelope;
    const config::Settings& settings = message.settings();
    std::vector<std::string> recipients = keys_of(envelope, positions);
    const core::TimePoint now = parts_.clock.now();
    Departure departure(now, seal_key(envelope.sender));
    departure.remember(message.headers);
    parts_.departures.add(envelope.queue_id, departure, recipients);
    if (parts_.silence != nullptr && leaves_this_host(envelope, positions, settings)) {
        parts_.silence->mail_left(parts_.clock.steady_now());
    }
    const dsn::SealKeys keys = this->keys();
    if (!seals(envelope, settings) || keys.empty()) {
        return std::nullopt;
    }
    const std::string nonce = fmt::format(
        "{} {} {}", message.who.session_id, envelope.queue_id, now.time_since_epoch().count());
    return dsn::make_seal({.sender = seal_key(envelope.sender),
                           .recipients = std::move(recipients),
                           .identity = outbound::identity_digest(message.headers)},
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

std::vector<dsn::RecipientProof> Seals::prove(const PassingMessage& message,
                                              const dsn::Report& report,
                                              core::SteadyPoint until) {
    const mail::Envelope& envelope = message.envelope;
    dsn::ReportOrigin origin;
    origin.direction = envelope.direction;
    origin.now = parts_.clock.now();
    origin.lifetime = message.settings().seal.lifetime;
    for (const mail::Recipient& recipient : envelope.recipients) {
        origin.recipients.push_back(seal_key(recipient));
    }
    std::vector<dsn::RecipientProof> proofs = dsn::prove(report, origin, keys());
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        if (dsn::may_be_local_unsealed(report, origin, proofs[i])) {
            proofs[i] = prove_unsealed(report, report.recipients.at(i));
        }
    }
    if (!proofs.empty() && dsn::names_nobody(report, proofs.front())) {
        proofs.front() = prove_masked(report, origin).value_or(proofs.front());
    }
    if (envelope.direction != mail::Direction::OwnBounce) {
        prove_shared(message, until, proofs);
    }
    return proofs;
}

dsn::RecipientProof Seals::prove_unsealed(const dsn::Report& report,
                                          const dsn::RecipientReport& recipient) const {
    dsn::RecipientProof proof;
    proof.reason = dsn::ProofReason::NotOurMessage;
    const auto departure = parts_.departures.find(report.queue_id, parts_.clock.now());
    // mailq(1) shows queue ids to everybody, but the header is only in the recipients' copies.
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

std::optional<dsn::RecipientProof> Seals::prove_masked(const dsn::Report& report,
                                                       const dsn::ReportOrigin& origin) const {
    for (const dsn::OpenSeal& seal : dsn::seals_of_one(report, origin, keys())) {
        for (std::string& recipient : parts_.departures.recipients_of(seal.sender(), seal.made())) {
            if (seal.covers(recipient)) {
                return dsn::proof_by(seal, std::move(recipient));
            }
        }
    }
    return std::nullopt;
}

bool Seals::was_handed_to(const mail::IpAddress& client,
                          const dsn::RecipientProof& proof,
                          const config::MaillogSettings& settings) const {
    if (parts_.journal == nullptr || !settings.is_trusted()) {
        return false;
    }
    // This mail or an earlier one counts: a bounce may be faster than the log.
    const auto history = parts_.journal->history_of(proof.mailed, kMostHandovers);
    return history.has_value() &&
           std::ranges::any_of(*history, [&](const ports::JournalEntry& entry) {
               return entry.outcome.result == mail::DeliveryResult::Sent &&
                      mail::IpAddress::parse(entry.outcome.relay_address) == client;
           });
}

void Seals::prove_shared(const PassingMessage& message,
                         core::SteadyPoint until,
                         std::vector<dsn::RecipientProof>& proofs) {
    const Submitting& who = message.who;
    const config::Settings& settings = message.settings();
    std::vector<Waiting> waiting;
    for (dsn::RecipientProof& proof : proofs) {
        if (proof.reason != dsn::ProofReason::SharedSeal) {
            continue;
        }
        if (settings.seal.shared == config::SharedSeal::Trust) {
            believe(proof);
        } else if (auto address = mail::Address::parse(proof.mailed, mail::Smtputf8::Yes);
                   address.has_value() && !address->value.domain().is_literal()) {
            waiting.push_back({.proof = &proof, .domain = address->value.domain()});
        }
    }
    if (waiting.empty() || !who.client.has_value() ||
        !std::holds_alternative<mail::NullSender>(message.envelope.sender)) {
        return;
    }
    const mail::IpAddress& client = *who.client;
    const Asked asked = ask(waiting, settings.mta.default_hops);
    const auto answers = parts_.resolver.collect(asked.domains, until);
    const bool has_come_a_way = dsn::has_come_a_way(message.headers);
    const dsn::Handover handover = asked.handover(client, answers, settings);
    const bool may_be_found = is_elsewhere(client, settings);
    std::size_t lookups = 0;
    for (const Waiting& each : waiting) {
        const auto place = std::ranges::find(asked.domains, each.domain);
        const bool is_its_host =
            place != asked.domains.end() &&
            dsn::is_mail_system_of(
                client, answers.at(static_cast<std::size_t>(place - asked.domains.begin())));
        dsn::Handover of_this = handover;
        if (!is_its_host && may_be_found && of_this == dsn::Handover::None &&
            lookups < kMostLookups) {
            ++lookups;
            if (was_handed_to(client, *each.proof, settings.maillog)) {
                of_this = dsn::Handover::Found;
            }
        }
        if (is_its_host || dsn::believes_handover(of_this, *each.proof, has_come_a_way)) {
            believe(*each.proof);
        }
    }
}

}  // namespace holdback::flow::incoming
