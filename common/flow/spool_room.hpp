// SPDX-License-Identifier: Apache-2.0
#pragma once
// How much the spool may hold, in total and from one sender, and how much room is left.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/store_trouble.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "ports/held_files.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace holdback::flow {

/// Keeps the spool within `[hold] max_size`, `min_free` and `max_size_per_sender`. A limit that was
/// reached stays in force until the use is a tenth below it, so that the reply to clients does not
/// change with each message. Counts from the last look at the store, plus what came since; the
/// store is read again only after messages have left. Safe from several threads.
class SpoolRoom {
public:
    /// All of it outlives the object.
    struct Parts {
        ports::HeldFiles* held;
        const ports::Spool* spool;
        ports::Log* log;
        const core::Clock* clock;
    };

    struct State {
        std::uint64_t used = 0;             ///< octets of held messages
        std::optional<std::uint64_t> room;  ///< octets that may still come; nullopt: not known
        std::string full;                   ///< why nothing can be held; empty: it can
        std::size_t senders_over = 0;       ///< senders who have reached their limit
    };

    explicit SpoolRoom(const Parts& parts) : parts_(parts), trouble_(*parts.log, *parts.clock) {}

    /// The name by which a sender shares the spool (`mail::spool_sharer`).
    [[nodiscard]] static std::string sender_of(const Submitting& who,
                                               const mail::Envelope& envelope);

    /// Why no message of this sender can be held now, for the log; nullopt: it can.
    [[nodiscard]] std::optional<std::string> refusal(const std::string& sender,
                                                     const config::HoldSettings& settings);
    /// A message of this sender was held.
    void took(const std::string& sender, std::uint64_t octets);
    /// Messages have left the spool.
    void shrunk();
    /// Called every second by one thread. Lifts limits that are kept again.
    void work(const config::HoldSettings& settings);

    [[nodiscard]] State state(const config::HoldSettings& settings) const;

private:
    struct Book {
        std::uint64_t used = 0;
        std::map<std::string, std::uint64_t, std::less<>> by_sender;
        bool is_old = true;                       ///< the store has newer numbers
        std::string full;                         ///< why nothing can be held; empty: it can
        std::set<std::string, std::less<>> over;  ///< senders who reached their limit
    };

    /// Octets that the disk has beyond `min_free`; nullopt: unknown, or there is no `min_free`.
    [[nodiscard]] std::optional<std::uint64_t> disk_room(
        const config::HoldSettings& settings) const;
    /// How much one sender may use.
    [[nodiscard]] static std::uint64_t share_of(const Book& book,
                                                std::optional<std::uint64_t> disk_room,
                                                const config::HoldSettings& settings);
    void read_anew();
    void let_go(const config::HoldSettings& settings);

    Parts parts_;
    StoreTrouble trouble_;
    core::Guarded<Book> book_;
    core::SteadyPoint next_look_;  // used only by the thread that calls `work`
};

}  // namespace holdback::flow
