// SPDX-License-Identifier: Apache-2.0
#include "flow/seals.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"
#include "mail/syntax.hpp"
#include "outbound/mail_route.hpp"

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
                                      std::span<const std::size_t> positions,
                                      const config::Settings& settings) {
    std::vector<std::string> recipients = keys_of(envelope, positions);
    const dsn::SealKeys keys = this->keys();
    if (!seals(envelope, settings) || keys.empty()) {
        departures_.add(envelope.queue_id, recipients);
        return std::nullopt;
    }
    const core::TimePoint now = parts_.clock.now();
    const std::string nonce =
        fmt::format("{} {} {}", who.session_id, envelope.queue_id, now.time_since_epoch().count());
    return dsn::make_seal(
        {.sender = seal_key(envelope.sender), .recipients = std::move(recipients)},
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
        dsn::RecipientProof& proof = proofs[i];
        if (dsn::may_be_local_unsealed(report, origin, proof)) {
            if (left_here(report.queue_id, report.recipients.at(i))) {
                proof = dsn::local_proof(report.recipients.at(i));
            }
        } else if (proof.reason == dsn::ProofReason::SharedSeal &&
                   (settings.seal.shared == config::SharedSeal::Trust ||
                    is_from_recipients_side(who, proof.mailed, settings))) {
            proof.proof = mail::Proof::Sealed;
            proof.reason = dsn::ProofReason::Seal;
        }
    }
    return proofs;
}

bool Seals::left_here(std::string_view queue_id, const dsn::RecipientReport& recipient) const {
    return std::ranges::any_of(
        std::array{&recipient.original_recipient, &recipient.final_recipient},
        [&](const std::string* text) {
            const auto address = mail::Address::parse(*text, mail::Smtputf8::Yes);
            return address.has_value() && departures_.has(queue_id, address->value.key());
        });
}

bool Seals::is_from_recipients_side(const Submitting& who,
                                    std::string_view recipient,
                                    const config::Settings& settings) {
    const auto address = mail::Address::parse(recipient, mail::Smtputf8::Yes);
    if (!address.has_value()) {
        return false;
    }
    const mail::Domain& domain = address->value.domain();
    if (dsn::is_from_side_of(who.client_name, domain.text(), {})) {
        return true;
    }
    const auto answers = parts_.resolver.collect(std::array{domain},
                                                 parts_.clock.steady_now() + settings.dns.budget);
    const bool is_mail_host =
        who.client.has_value() &&
        std::ranges::any_of(answers.front().answers, [&](const mail::DnsAnswer& answer) {
            return std::ranges::find(answer.addresses, *who.client) != answer.addresses.end();
        });
    return is_mail_host ||
           dsn::is_from_side_of(
               who.client_name, domain.text(), outbound::mail_route(domain, answers.front()).hosts);
}

}  // namespace holdback::flow
