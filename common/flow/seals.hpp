// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sealing what leaves and proving what comes back.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/departures.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "ports/resolver.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// The name under which a recipient or a sender is sealed; empty for the null sender.
[[nodiscard]] std::string seal_key(const mail::Recipient& recipient);
[[nodiscard]] std::string seal_key(const mail::EnvelopeSender& sender);

/// The use case. One object serves all sessions; safe from several threads.
class Seals {
public:
    /// What the flow works with; both outlive it.
    struct Parts {
        ports::Resolver& resolver;
        core::Clock& clock;
    };

    explicit Seals(const Parts& parts) : parts_(parts) {}

    /// From now on the last of these keys signs, and all verify. Without keys nothing is sealed.
    void use(dsn::SealKeys keys);
    [[nodiscard]] dsn::SealKeys keys() const;

    /// True when a message of this sender leaves with a seal.
    [[nodiscard]] bool seals(const mail::Envelope& envelope,
                             const config::Settings& settings) const;

    /// A message leaves to the recipients at these positions of the envelope. Gives its seal;
    /// without one (`seals` is false) the message is remembered by its queue id, so that our MTA's
    /// bounce of it can be told from a made-up one.
    std::optional<dsn::Seal> leave(const Submitting& who,
                                   const mail::Envelope& envelope,
                                   std::span<const std::size_t> positions,
                                   const config::Settings& settings);

    /// A seal that was made for this sender not longer ago than `age`; nullopt for anything else.
    [[nodiscard]] std::optional<dsn::OpenSeal> open_fresh(std::string_view text,
                                                          const mail::EnvelopeSender& sender,
                                                          std::chrono::seconds age) const;

    /// True for the seal of another system, whose key we do not have, and for no more than its
    /// form: bounces come to it by us, so it stays where it is.
    [[nodiscard]] bool is_foreign(std::string_view text) const;

    /// Proofs of the recipients of a report that came with this envelope, in the report's order.
    /// Asks DNS, within `[dns] budget`, for seals that several recipients have received.
    [[nodiscard]] std::vector<dsn::RecipientProof> prove(const Submitting& who,
                                                         const mail::Envelope& envelope,
                                                         const dsn::Report& report,
                                                         const config::Settings& settings);

private:
    /// True when a message with this queue id left unsealed to the recipient.
    [[nodiscard]] bool left_here(std::string_view queue_id,
                                 const dsn::RecipientReport& recipient) const;
    [[nodiscard]] bool is_from_recipients_side(const Submitting& who,
                                               std::string_view recipient,
                                               const config::Settings& settings);

    Parts parts_;
    core::Guarded<dsn::SealKeys> keys_;
    Departures departures_;
};

}  // namespace holdback::flow
