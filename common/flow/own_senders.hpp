// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whose senders are of this house, and what follows from that.

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

/// What mail that looks outgoing is.
enum class Way : std::uint8_t {
    Outgoing,
    /// It came in from outside and is handed in again: inbound.
    CameIn,
    /// It came in from outside, and may have been handed in again with a forged sender, or be sent
    /// on by a list manager of this house: it stays outgoing.
    OwnByName,
};

/// Whether it is known that a message has still the sender with whom it came.
enum class SenderIs : std::uint8_t { Unknown, TheSame };

/// Senders as far as the settings, the MTA's names and its tables tell. Safe from several threads;
/// may wait a moment for a table.
class OwnSenders {
public:
    struct Parts {
        const OwnName& own_name;
        ports::MtaTables& mta;
        const core::Clock& clock;
    };

    explicit OwnSenders(Parts parts) : parts_(parts) {}

    /// True when the sender's domain is one of this house. Never for the null sender.
    [[nodiscard]] bool has(const mail::EnvelopeSender& sender,
                           const config::Settings& settings) const;

    /// Where a message entered, by its header.
    [[nodiscard]] outbound::Entry entry_of(const mail::HeaderList& headers,
                                           const config::Settings& settings) const;

    /// What mail is that looks outgoing (`outbound::came_in_before`). Where its sender is of this
    /// house, `sender_is` and `Entry::before_queue` tell whether anybody here has sent it.
    [[nodiscard]] Way way_of(const outbound::Origin& origin,
                             const mail::EnvelopeSender& sender,
                             const outbound::Entry& entry,
                             SenderIs sender_is,
                             const config::Settings& settings) const;

    /// True when a notice or a DSN of ours may go to the sender: he is of this house, or the way of
    /// his mail vouches for him (`outbound::came_from_our_own`).
    [[nodiscard]] bool may_be_told(const outbound::Origin& origin,
                                   const mail::EnvelopeSender& sender,
                                   const outbound::Entry& entry,
                                   const config::Settings& settings) const;
    /// The same long after, by what is kept of a held message: what was true when it came stays so.
    [[nodiscard]] bool may_be_told(const terms::HeldMessage& message,
                                   const mail::HeaderList& headers,
                                   const config::Settings& settings) const;

private:
    Parts parts_;
};

}  // namespace holdback::flow
