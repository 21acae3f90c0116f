// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files of the spool that nobody wants any more, and such that nobody knows.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/spool_room.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_files.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdback::flow::held {

/// The use case. Of one thread.
class SpoolSweep {
public:
    /// What it works with; all outlive it.
    struct Parts {
        ports::HeldFiles& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        const StoreTrouble& trouble;
        /// Who is told when messages leave the spool; nullptr: nobody.
        SpoolRoom* room = nullptr;
    };

    explicit SpoolSweep(const Parts& parts) : parts_(parts) {}

    /// Removes the files of which nothing is held any more, and forgets what ended long ago. Called
    /// every second or so; does a bounded number of things every few seconds.
    void work(const config::HoldSettings& settings);

    /// To be called before anybody else uses the store: what comes into the spool from now on is no
    /// concern of `set_strays_aside`.
    void note_files();
    /// Moves files away that no row names. Call it at start, before `work`.
    void set_strays_aside();

private:
    /// Gives how many files went.
    std::size_t remove_files();

    Parts parts_;
    std::optional<core::Result<std::vector<std::string>, ports::SpoolError>> files_before_;
    core::SteadyPoint next_files_;
    core::SteadyPoint next_purge_;
};

}  // namespace holdback::flow::held
