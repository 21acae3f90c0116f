// SPDX-License-Identifier: Apache-2.0
#pragma once
// Answers about held items that the MTA may not have taken yet.
//
// Items are written before the MTA is told to take their recipients out. Should the program die in
// between, the MTA lets the message pass, and the items must not go out a second time: they are
// written in doubt, and the doubt ends here, once the MTA has our answer.

#include "core/clock.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>

namespace holdback::flow {

/// Safe from several threads.
class OpenAnswers {
public:
    using Ticket = std::uint64_t;

    /// An answer is written when its callback returns; after this long it is there, or the
    /// connection is broken.
    static constexpr std::chrono::seconds kWritten{2};

    /// An MTA may not have waited for an answer that took longer: the shortest time-out of a usual
    /// configuration, Postfix's milter_command_timeout, is 30 seconds.
    static constexpr std::chrono::seconds kAwaited{25};

    /// All outlive the object.
    OpenAnswers(ports::HeldStore& held, core::Clock& clock, const StoreTrouble& trouble)
        : held_(held), clock_(clock), trouble_(trouble) {}

    /// When the MTA asks for an answer, for `given`.
    [[nodiscard]] core::SteadyPoint asked() const { return clock_.steady_now(); }

    /// The answer about held items that the MTA asked for at `asked` is about to be written.
    /// nullopt: it comes so late that they stay in doubt.
    [[nodiscard]] std::optional<Ticket> given(ports::TakenAnswer answer, core::SteadyPoint asked);

    /// The MTA has gone on: it has the answer. Returns at once: the MTA does not wait for the
    /// store.
    void taken(Ticket ticket);

    /// Waits until no answer about one of these items is open, for as long as that can last when
    /// the store is well.
    void wait(std::span<const std::int64_t> ids);

    /// Settles what was taken as soon as it is, until it is told to stop.
    void run(const std::stop_token& stop);

    /// Settles what was taken, or given longer ago than `kWritten`. Called every second or so.
    void work();

    /// Settles everything: the milter has ended, and what was given was written.
    void finish();

private:
    struct Answer {
        ports::TakenAnswer what;
        core::SteadyPoint at;
        bool taken = false;
    };

    /// Settles what was taken, and what was given at `until` or before. False: the store is in
    /// trouble, and all is open as before.
    bool settle(core::SteadyPoint until);

    ports::HeldStore& held_;
    core::Clock& clock_;
    const StoreTrouble& trouble_;
    std::mutex settling_;  ///< before mutex_: one thread tells the store of an answer
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<Ticket, Answer> open_;  // guarded by mutex_
    Ticket next_ = 1;                // guarded by mutex_
    bool any_taken_ = false;         // guarded by mutex_
};

}  // namespace holdback::flow
