// SPDX-License-Identifier: Apache-2.0
#pragma once
// Answers about held items that the MTA may not have taken yet.
//
// Items are written before the MTA is told to take their recipients out. If the program dies in
// between, the MTA lets the message pass, and the items must not go out a second time. So they are
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

    /// An answer is written when its callback returns. After this time the MTA has it, or the
    /// connection is broken.
    static constexpr std::chrono::seconds kWritten{2};

    /// The MTA may not have waited for an answer that took longer: the shortest time-out of a usual
    /// configuration, Postfix's milter_command_timeout, is 30 seconds.
    static constexpr std::chrono::seconds kAwaited{25};

    /// All outlive the object.
    OpenAnswers(ports::HeldStore& held, core::Clock& clock, const StoreTrouble& trouble)
        : held_(held), clock_(clock), trouble_(trouble) {}

    /// When the MTA asks for an answer; for `given`.
    [[nodiscard]] core::SteadyPoint asked() const { return clock_.steady_now(); }

    /// The answer about held items for which the MTA asked at `asked` is about to be written.
    /// nullopt: it is so late that the items stay in doubt.
    [[nodiscard]] std::optional<Ticket> given(ports::TakenAnswer answer, core::SteadyPoint asked);

    /// The MTA has gone on, so it has the answer. Returns at once: the MTA does not wait for the
    /// store.
    void taken(Ticket ticket);

    /// Waits until no answer about one of these items is open, at most as long as that lasts with a
    /// healthy store.
    void wait(std::span<const std::int64_t> ids);

    /// Settles answers as soon as they are taken, until a stop is requested.
    void run(const std::stop_token& stop);

    /// Settles answers that were taken, or given longer ago than `kWritten`. Called every second or
    /// so.
    void work();

    /// Settles everything. The milter has ended, so all given answers were written.
    void finish();

private:
    struct Answer {
        ports::TakenAnswer what;
        core::SteadyPoint at;
        bool taken = false;
    };

    /// Settles answers that were taken, or given at `until` or before. False: the store is in
    /// trouble, and all stay open.
    bool settle(core::SteadyPoint until);

    ports::HeldStore& held_;
    core::Clock& clock_;
    const StoreTrouble& trouble_;
    std::mutex settling_;  ///< locked before mutex_; one thread at a time tells the store
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<Ticket, Answer> open_;  // guarded by mutex_
    Ticket next_ = 1;                // guarded by mutex_
    bool any_taken_ = false;         // guarded by mutex_
};

}  // namespace holdback::flow
