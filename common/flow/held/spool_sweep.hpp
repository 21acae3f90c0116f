// SPDX-License-Identifier: Apache-2.0
#pragma once
// Removes files of the spool that are no longer needed, and moves unknown ones away.

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

/// The use case. Used by one thread.
class SpoolSweep {
public:
    /// What it uses; all outlive it.
    struct Parts {
        ports::HeldFiles& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        const StoreTrouble& trouble;
        /// Told when messages leave the spool; nullptr: nobody.
        SpoolRoom* room = nullptr;
    };

    explicit SpoolSweep(const Parts& parts) : parts_(parts) {}

    /// Removes files without held items, and forgets what ended long ago. Called every second or
    /// so; does a bounded amount of work every few seconds.
    void work(const config::HoldSettings& settings);

    /// Call it before anybody else uses the store: `set_strays_aside` ignores files that come into
    /// the spool later.
    void note_files();
    /// Moves files away that no row names. Call it at start, before `work`.
    void set_strays_aside();

private:
    /// Gives how many files were removed.
    std::size_t remove_files();

    Parts parts_;
    std::optional<core::Result<std::vector<std::string>, ports::SpoolError>> files_before_;
    core::SteadyPoint next_files_;
    core::SteadyPoint next_purge_;
};

}  // namespace holdback::flow::held
