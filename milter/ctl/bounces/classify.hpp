// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl classify`: reads what messages report.

#include "milter/ctl/command.hpp"

#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// Writes kind and code of each message in the files ("-" is standard input), in the order of the
/// input. Works on all cores. `No` when a file could not be read; the others are read all the same.
[[nodiscard]] CommandResult classify(const CommandContext& context,
                                     const std::vector<std::string>& paths);

}  // namespace holdback::milter::ctl
