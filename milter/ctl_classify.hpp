// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl classify` and `holdbackctl explain`: what a message or a text means.

#include "milter/ctl_command.hpp"

#include <string>
#include <vector>

namespace holdback::milter {

/// Kind and code of each message in the files ("-" is standard input). `No` when a file could not
/// be read; the others are done all the same.
[[nodiscard]] CommandResult classify(const CommandContext& context,
                                     const std::vector<std::string>& paths);

/// Explains a code, a name, or an SMTP reply. `No` when nothing is known about it.
[[nodiscard]] CommandResult explain(const CommandContext& context, const std::string& question);

}  // namespace holdback::milter
