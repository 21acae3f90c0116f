// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells whether a message is outgoing, by its submitter.

#include "config/settings.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace holdback::outbound {

/// The submitter of a message, as far as the direction depends on it.
struct Origin {
    std::string user;    ///< SASL user or empty
    std::string daemon;  ///< {daemon_name}
    std::optional<mail::IpAddress> client;
    bool over_smtp = true;  ///< false: from sendmail(1), or from the MTA itself

    bool operator==(const Origin&) const = default;
};

/// The messages and refusals of a connection before a decision.
struct DialogueSoFar {
    std::size_t messages = 0;  ///< begun before this one
    std::size_t refusals = 0;  ///< our answers other than success, at RCPT or to a message

    bool operator==(const DialogueSoFar&) const = default;
};

/// True when the client is authenticated, when `[outgoing]` names its network or its daemon, or
/// when the message came by sendmail(1) with a sender.
[[nodiscard]] bool is_outgoing(const Origin& origin,
                               const mail::EnvelopeSender& sender,
                               const config::OutgoingSettings& settings);

/// True when recipients of this client may be refused at RCPT, by `[policy] refuse_at_rcpt`,
/// `[milter] answer_at` and `mode`.
[[nodiscard]] bool answers_at_rcpt(const Origin& origin, const config::Settings& settings);

/// True when the client has had its `[policy] refuse_at_most` refusals, which the MTA counts as
/// client errors. Nothing more is refused if the sender can be told in another way.
[[nodiscard]] bool is_spared(const Origin& origin,
                             std::size_t refusals,
                             const config::PolicySettings& settings);

}  // namespace holdback::outbound
