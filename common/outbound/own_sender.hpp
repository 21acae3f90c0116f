// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells which senders belong to this house, whether mail came in before, and to whom we may write.

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"

#include <span>
#include <string>

namespace holdback::outbound {

/// True when the sender's domain belongs to this house: `[outgoing] own_domains` and
/// `local_domains` with all below them, `sender_domains`, the domains of the MTA's lists, the
/// domain of its local senders, and its own names. If the MTA's configuration is not known, the
/// parent domain of such a name counts too, as in Postfix ($mydomain). Never true for the null
/// sender.
[[nodiscard]] bool is_own_sender(const mail::EnvelopeSender& sender,
                                 const config::Settings& settings,
                                 std::span<const std::string> own_names);

/// True for mail that looks outgoing but came in from outside before: it comes from this host or
/// passed this MTA, and nobody logged in. It is submitted again, or a list manager of this house
/// sends it on with its own sender. `entry` is where the message entered. Only if `[outgoing]
/// reinjected` is inbound, and never for `[outgoing] daemons`.
[[nodiscard]] bool came_in_before(const Origin& origin,
                                  const Entry& entry,
                                  const config::OutgoingSettings& outgoing);

/// True when a client logged in where the message entered, as far as that can be believed: this
/// host hands the message in, and this MTA or one of our hosts recorded the login. A program that
/// can hand in mail here can forge such a record.
[[nodiscard]] bool has_logged_in_before(const Origin& origin, const Entry& entry);

/// True when the route of an outgoing message makes its envelope sender credible enough for a
/// notice or a DSN, even if the sender is not of this house. One of these holds: the client logged
/// in; this host hands in a message that this MTA took from our own before; another host hands it
/// in, and did not get it from a stranger without a login. A program of this host can write any
/// address into the envelope, and a stranger can make it do so.
[[nodiscard]] bool came_from_our_own(const Origin& origin, const Entry& entry);

}  // namespace holdback::outbound
