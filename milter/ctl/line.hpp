// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of the control tool.

#include "milter/ctl/command.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): the library calls it so
namespace CLI {
class App;
}  // namespace CLI

namespace holdback::milter::ctl {

/// The command line and what it chose.
struct CommandLine {
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-const-or-ref-data-members): made once, in main
    CLI::App& app;
    std::string settings;
    std::string socket;
    bool json = false;
    std::function<CommandResult(const CommandContext&)> run;
};

/// A command without options.
void add_plain(CommandLine& line,
               CLI::App& parent,
               const std::string& name,
               const std::string& description,
               CommandResult (*command)(const CommandContext&));
/// The numbers of items. Anything else is a usage error.
[[nodiscard]] std::vector<std::int64_t> parse_items(const std::vector<std::string>& words);

/// Declares `unknown` and its subcommands. `line` outlives the parsing, here and below.
void add_unknown(CommandLine& line);
void add_sender(CommandLine& line);
/// Declares `status`, `metrics`, `reload`, `config` and `cache`.
void add_daemon(CommandLine& line);
/// Declares `suppress` and its subcommands.
void add_suppress(CommandLine& line);
/// Declares `whatif` and `report`.
void add_history(CommandLine& line);

}  // namespace holdback::milter::ctl
