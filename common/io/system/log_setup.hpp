// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where log lines go: journal, syslog, standard error or a file. The only module that uses spdlog.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "ports/log.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace holdback::io::system {

/// Why a log cannot be opened, for people: "cannot open /x/y.log: Permission denied".
struct LogError {
    std::string message;
};

/// A log whose target and level can be changed while others write to it.
class ProgramLog : public ports::Log {
public:
    /// Takes new settings. Opens a file anew, so that a rotated one is released. On an error all
    /// stays as it was. Safe while other threads write.
    [[nodiscard]] virtual core::Result<void, LogError> apply(
        const config::LogSettings& settings) = 0;

    /// Lines that could not be written since the start.
    [[nodiscard]] virtual std::uint64_t lost() const = 0;
    /// Lines that wait until the target takes them.
    [[nodiscard]] virtual std::uint64_t late() const = 0;
};

/// Opens the log that the settings name. "journal" means the journal's own socket; without it
/// syslog, and without that standard error. "syslog" is facility mail, identity holdback. A file is
/// made with mode 0640 and appended to. Lines that the target does not take (a full disk, a log
/// daemon that is away) wait in memory, up to 4 MiB, and go before the next line that it takes;
/// more lines are lost, and counted. Lines below the level are dropped. A control character in a
/// line becomes '?'.
[[nodiscard]] core::Result<std::unique_ptr<ProgramLog>, LogError> make_log(
    const config::LogSettings& settings);

}  // namespace holdback::io::system
