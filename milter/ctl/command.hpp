// SPDX-License-Identifier: Apache-2.0
#pragma once
// Results and surroundings of every command of the control tool.

#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace holdback::milter::ctl {

/// Exit status of the tool.
enum class Exit : std::uint8_t {
    Done = 0,
    No = 1,            ///< nothing found, or a verdict against the recipient
    Usage = 2,         ///< the command line is wrong
    Unavailable = 69,  ///< the daemon or the store is out of reach (EX_UNAVAILABLE)
    Settings = 78,     ///< EX_CONFIG
};

/// Why a command could not do its work. The text has a line per problem, without a final line end.
struct CommandError {
    Exit exit;
    std::string text;
};

using CommandResult = core::Result<Exit, CommandError>;

enum class OutputForm : std::uint8_t { Human, Json };

/// The surroundings of a command. All that it refers to outlives it.
struct CommandContext {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): made once, in main
    std::ostream& out;
    std::ostream& err;
    const core::Clock& clock;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    OutputForm form = OutputForm::Human;
    /// The settings file of the command line; nullopt: the default one, if it exists.
    std::optional<std::string> settings_path;
    /// The control socket of the command line; nullopt: the one in the settings.
    std::optional<std::string> socket_path;
    /// Set to true when the command went on in spite of mistakes in the settings.
    bool* wrong_settings = nullptr;
    std::size_t out_columns = 0;   ///< width of the terminal; 0: output goes elsewhere
    bool err_is_terminal = false;  ///< progress may be shown
    bool can_ask = false;          ///< a person can answer a question

    [[nodiscard]] bool json() const { return form == OutputForm::Json; }
};

}  // namespace holdback::milter::ctl
