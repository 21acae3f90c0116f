// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line on the terminal that shows the progress of a command.

#include "core/clock.hpp"
#include "milter/ctl/command.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace holdback::milter::ctl {

/// Shown on standard error if that is a terminal. Disappears with the object.
class Progress {
public:
    /// `what` ends the sentence "123 …". `octets` is the length of all the work, if known; without
    /// it there is a count and no bar. The context outlives the object.
    Progress(const CommandContext& context, std::string what, std::optional<std::uintmax_t> octets);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    Progress(Progress&&) = delete;
    Progress& operator=(Progress&&) = delete;
    ~Progress() { hide(); }

    /// Writes several times a second at most.
    void show(std::size_t done, std::uintmax_t octets_read);
    /// Makes room for other output.
    void hide();

private:
    const CommandContext& context_;
    std::string what_;
    std::uintmax_t octets_;
    std::optional<core::SteadyPoint> shown_;
    bool visible_ = false;
};

}  // namespace holdback::milter::ctl
