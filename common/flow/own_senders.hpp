// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which senders are our own, and what follows from that.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/own_name.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"
#include "ports/mta_tables.hpp"
#include "terms/held.hpp"

#include <cstdint>

namespace holdback::flow {

/// How mail that looks outgoing came here.
enum class Way : std::uint8_t {
    Outgoing,
    /// It came in from outside and was submitted again: it is inbound.
    CameIn,
    /// It came in from outside, but it may have been submitted again with a forged sender, or sent
    /// on by one of our list managers: it stays outgoing.
    OwnByName,
};

/// Whether a message is known to have the sender with which it first came.
enum class SenderIs : std::uint8_t { Unknown, TheSame };

/// Tells our own senders by the settings, the MTA's names and its tables. Safe from several
/// threads; may wait a moment for a table.
class OwnSenders {
public:
    struct Parts {
        const OwnName& own_name;
        ports::MtaTables& mta;
        const core::Clock& clock;
    };

    explicit OwnSenders(Parts parts) : parts_(parts) {}

    /// True when the sender's domain is one of ours. Never for the null sender.
    [[nodiscard]] bool has(const mail::EnvelopeSender& sender,
                           const config::Settings& settings) const;

    /// Where a message entered, according to its header.
    [[nodiscard]] outbound::Entry entry_of(const mail::HeaderList& headers,
                                           const config::Settings& settings) const;

    /// The way of mail that looks outgoing (`outbound::came_in_before`). If its sender is one of
    /// ours, `sender_is` and `Entry::before_queue` tell whether anybody here has sent it.
    [[nodiscard]] Way way_of(const outbound::Origin& origin,
                             const mail::EnvelopeSender& sender,
                             const outbound::Entry& entry,
                             SenderIs sender_is,
                             const config::Settings& settings) const;

    /// True when a notice or a DSN of ours may go to the sender: the sender is one of ours, or the
    /// way of the mail vouches for the sender (`outbound::came_from_our_own`).
    [[nodiscard]] bool may_be_told(const outbound::Origin& origin,
                                   const mail::EnvelopeSender& sender,
                                   const outbound::Entry& entry,
                                   const config::Settings& settings) const;
    /// The same for a held message, long after it came: what was true then stays true.
    [[nodiscard]] bool may_be_told(const terms::HeldMessage& message,
                                   const mail::HeaderList& headers,
                                   const config::Settings& settings) const;

private:
    Parts parts_;
};

}  // namespace holdback::flow
