// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl classify`: what messages report.

#include "milter/ctl/command.hpp"

#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// Kind and code of each message in the files ("-" is standard input), on all cores, in the order
/// of the input. `No` when a file could not be read; the others are done all the same.
[[nodiscard]] CommandResult classify(const CommandContext& context,
                                     const std::vector<std::string>& paths);

}  // namespace holdback::milter::ctl
