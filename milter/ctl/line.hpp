// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of the control tool while it is taken apart.

#include "milter/ctl/command.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace holdback::milter::ctl {

/// The command line with what it chose.
struct CommandLine {
    CLI::App app{"Control tool of the Holdback milter.", "holdbackctl"};
    std::string settings;
    std::string socket;
    bool json = false;
    /// The command that was chosen.
    std::function<CommandResult(const CommandContext&)> run;
};

/// A command without options.
void add_plain(CommandLine& line,
               CLI::App& parent,
               const std::string& name,
               const std::string& description,
               CommandResult (*command)(const CommandContext&));
/// The numbers of items; anything else is a usage error.
[[nodiscard]] std::vector<std::int64_t> parse_items(const std::vector<std::string>& words);

/// Declares `unknown` and what belongs to it. `line` outlives the parsing, here as below.
void add_unknown(CommandLine& line);
/// Declares `status`, `metrics`, `reload`, `config` and `cache`.
void add_daemon(CommandLine& line);
/// Declares `suppress` and what belongs to it.
void add_suppress(CommandLine& line);
/// Declares `whatif` and `report`.
void add_history(CommandLine& line);

}  // namespace holdback::milter::ctl
