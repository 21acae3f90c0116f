// SPDX-License-Identifier: Apache-2.0
#pragma once
// Answers about held items that the MTA may not have taken yet.
//
// Items are written before the MTA is told to take their recipients out. Should the program die in
// between, the MTA lets the message pass, and the items must not go out a second time: they are
// written in doubt, and the doubt ends here, once the MTA has our answer.

#include "core/clock.hpp"
#include "ports/held_store.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <vector>

namespace holdback::flow {

/// Safe from several threads.
class OpenAnswers {
public:
    using Ticket = std::uint64_t;

    /// An answer is written when its callback returns; after this long it is there, or the
    /// connection is broken.
    static constexpr std::chrono::seconds kWritten{2};

    /// Both outlive the object.
    OpenAnswers(ports::HeldStore& held, core::Clock& clock) : held_(held), clock_(clock) {}

    /// The answer about these items is about to be written.
    [[nodiscard]] Ticket given(std::vector<std::int64_t> ids);

    /// The MTA has gone on: it has the answer. Returns at once: the MTA does not wait for the
    /// store.
    void taken(Ticket ticket);

    /// Settles what was taken as soon as it is, until it is told to stop.
    void run(const std::stop_token& stop);

    /// Settles what was taken, or given longer ago than `kWritten`. Called every second or so.
    void work();

    /// Settles everything: the milter has ended, and what was given was written.
    void finish();

private:
    struct Answer {
        std::vector<std::int64_t> ids;
        core::SteadyPoint at;
        bool taken = false;
    };

    /// Settles what was taken, and what was given at `until` or before. False: the store is in
    /// trouble, and all is open as before.
    bool settle(core::SteadyPoint until);

    ports::HeldStore& held_;
    core::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<Ticket, Answer> open_;  // guarded by mutex_
    Ticket next_ = 1;                // guarded by mutex_
    bool any_taken_ = false;         // guarded by mutex_
};

}  // namespace holdback::flow
