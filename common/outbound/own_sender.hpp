// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whose senders are of this house by name, which way mail goes, and whom mail of ours may be
// written to.

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"

#include <span>
#include <string>

namespace holdback::outbound {

/// True when the sender's domain is one of this house by name: `[outgoing] own_domains` and
/// `local_domains` with all below them, `sender_domains`, what stands in the MTA's lists, the
/// domain of its local senders, and its own names. Where the MTA's configuration is not known, the
/// domain in which such a name stands counts too, as Postfix has it ($mydomain). Never for the null
/// sender.
[[nodiscard]] bool is_own_sender(const mail::EnvelopeSender& sender,
                                 const config::Settings& settings,
                                 std::span<const std::string> own_names);

/// True for mail that looks outgoing and has come in before: from this host, or from one that got
/// it from here, it came in from outside, and nobody has logged in. It is handed in again, or a
/// list manager of this house sends it on with a sender of its own. `entry` is where the message
/// entered.
[[nodiscard]] bool came_in_before(const Origin& origin,
                                  const Entry& entry,
                                  const config::OutgoingSettings& outgoing);

/// True when a client logged in where the message entered, as far as that can be believed: the MTA
/// itself, or a host of ours, wrote so, and a program of this host has handed it in again. Whoever
/// may do that can write the same.
[[nodiscard]] bool has_logged_in_before(const Origin& origin, const Entry& entry);

/// True when the way of an outgoing message says that its envelope sender may be believed so far
/// that a notice or a DSN of ours goes to it, though it is not of this house: the client has logged
/// in, here or where this MTA took the message before; or the client is another host that the
/// settings count among our own, and has not got the message from anybody who did not log in. A
/// program of this host can write any address into the envelope, and be made to by a stranger.
[[nodiscard]] bool came_from_our_own(const Origin& origin, const Entry& entry);

}  // namespace holdback::outbound
