// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a message is outgoing, by who submits it.

#include "config/settings.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace holdback::outbound {

/// Who submits a message, as far as the direction depends on it.
struct Origin {
    std::string user;    ///< SASL user or empty
    std::string daemon;  ///< {daemon_name}
    std::optional<mail::IpAddress> client;
    bool over_smtp = true;  ///< false: by sendmail(1), or made by the MTA itself

    bool operator==(const Origin&) const = default;
};

/// What the client of a connection has been through before a decision.
struct DialogueSoFar {
    std::size_t messages = 0;  ///< begun before this one
    std::size_t refusals = 0;  ///< answers of ours other than success, at RCPT or to a message

    bool operator==(const DialogueSoFar&) const = default;
};

/// The client is authenticated, or `[outgoing]` names its network or its daemon; or the message
/// came by sendmail(1) with a sender.
[[nodiscard]] bool is_outgoing(const Origin& origin,
                               const mail::EnvelopeSender& sender,
                               const config::OutgoingSettings& settings);

/// True when a person is told at RCPT what is wrong with a recipient: `[policy] refuse_at_rcpt`,
/// `[milter] answer_at` and `mode` say so.
[[nodiscard]] bool answers_at_rcpt(const Origin& origin, const config::Settings& settings);

/// True when the client has had its `[policy] refuse_at_most` refusals, which the MTA counts as
/// its errors: nothing is refused any more that can be told otherwise.
[[nodiscard]] bool is_spared(const Origin& origin,
                             std::size_t refusals,
                             const config::PolicySettings& settings);

}  // namespace holdback::outbound
