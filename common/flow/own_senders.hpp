// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whose senders are of this house, and what follows from that.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/own_name.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/held.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"
#include "ports/mta_tables.hpp"

namespace holdback::flow {

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

    /// True for mail that looks outgoing and has only come in again (`outbound::came_in_before`).
    [[nodiscard]] bool came_in_before(const outbound::Origin& origin,
                                      const mail::EnvelopeSender& sender,
                                      const outbound::Entry& entry,
                                      const config::Settings& settings) const;

    /// True when a notice or a DSN of ours may go to the sender: he is of this house, or the way of
    /// his mail vouches for him (`outbound::came_from_our_own`).
    [[nodiscard]] bool may_be_told(const outbound::Origin& origin,
                                   const mail::EnvelopeSender& sender,
                                   const outbound::Entry& entry,
                                   const config::Settings& settings) const;
    /// The same long after, by what is kept of a held message: what was true when it came stays so.
    [[nodiscard]] bool may_be_told(const mail::HeldMessage& message,
                                   const mail::HeaderList& headers,
                                   const config::Settings& settings) const;

private:
    Parts parts_;
};

}  // namespace holdback::flow
