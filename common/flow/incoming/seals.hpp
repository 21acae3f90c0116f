// SPDX-License-Identifier: Apache-2.0
#pragma once
// Seals what leaves and proves what comes back.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/log_silence.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "ports/journal.hpp"
#include "ports/resolver.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::incoming {

/// The name under which a recipient or a sender is sealed; empty for the null sender.
[[nodiscard]] std::string seal_key(const mail::Recipient& recipient);
[[nodiscard]] std::string seal_key(const mail::EnvelopeSender& sender);

/// The use case. One object serves all sessions; safe from several threads.
class Seals {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::Resolver& resolver;
        Departures& departures;
        core::Clock& clock;
        const ports::Journal* journal = nullptr;  ///< nullptr: no log tells where mail was handed
        LogSilence* silence = nullptr;            ///< told of what leaves; nullptr: nobody
    };

    explicit Seals(const Parts& parts) : parts_(parts) {}

    /// From now on the last of these keys signs, and all of them verify. Without keys nothing is
    /// sealed.
    void use(dsn::SealKeys keys);
    [[nodiscard]] dsn::SealKeys keys() const;

    /// True when a message of this sender leaves with a seal.
    [[nodiscard]] bool seals(const mail::Envelope& envelope,
                             const config::Settings& settings) const;

    /// A message leaves to the recipients at these positions of the envelope. It is remembered by
    /// its queue id, so that what our MTA says about it can be told from what somebody made up.
    /// Gives its seal; nullopt when `seals` is false.
    std::optional<dsn::Seal> leave(const PassingMessage& message,
                                   std::span<const std::size_t> positions);

    /// Opens a seal that was made for this sender within the last `age`; nullopt for anything else.
    [[nodiscard]] std::optional<dsn::OpenSeal> open_fresh(std::string_view text,
                                                          const mail::EnvelopeSender& sender,
                                                          std::chrono::seconds age) const;

    /// True for another system's seal: the text has the form of a seal, but we do not have its key.
    /// Bounces reach that system through us, so the seal stays in place.
    [[nodiscard]] bool is_foreign(std::string_view text) const;

    /// Proofs of the recipients of a report that came with this envelope and header, in the
    /// report's order. For seals that several recipients have, asks DNS about all their domains and
    /// the relays at once, no longer than `until`.
    [[nodiscard]] std::vector<dsn::RecipientProof> prove(const PassingMessage& message,
                                                         const dsn::Report& report,
                                                         core::SteadyPoint until);

private:
    /// The proof of our MTA's report about a message that left unsealed.
    [[nodiscard]] dsn::RecipientProof prove_unsealed(const dsn::Report& report,
                                                     const dsn::RecipientReport& recipient) const;
    /// The recipient who complained when the provider hides the address: the one to whom the
    /// returned message had left. nullopt: it can't be told.
    [[nodiscard]] std::optional<dsn::RecipientProof> prove_masked(
        const dsn::Report& report, const dsn::ReportOrigin& origin) const;
    /// Believes seals of several recipients that a mail system of the recipient shows, or a host to
    /// which the recipient's mail was handed.
    void prove_shared(const PassingMessage& message,
                      core::SteadyPoint until,
                      std::vector<dsn::RecipientProof>& proofs);
    /// True when a log that only the MTA writes says that mail for the recipient of this proof was
    /// recently handed to the host.
    [[nodiscard]] bool was_handed_to(const mail::IpAddress& client,
                                     const dsn::RecipientProof& proof,
                                     const config::MaillogSettings& settings) const;

    Parts parts_;
    core::Guarded<dsn::SealKeys> keys_;
};

}  // namespace holdback::flow::incoming
