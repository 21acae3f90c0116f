// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of the control tool while it is taken apart.

#include "milter/ctl_command.hpp"

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace holdback::milter {

/// The command line with what it chose.
struct CommandLine {
    CLI::App app{"Control tool of the Holdback milter.", "holdbackctl"};
    std::string settings;
    bool json = false;
    /// The command that was chosen.
    std::function<CommandResult(const CommandContext&)> run;
};

/// Declares `suppress` and what belongs to it. `line` outlives the parsing.
void add_suppress(CommandLine& line);
/// Declares `whatif` and `report`.
void add_history(CommandLine& line);

}  // namespace holdback::milter
