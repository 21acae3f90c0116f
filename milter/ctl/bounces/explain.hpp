// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl explain`: explains a code, a name or a text.

#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

/// Explains a code, a name, or an SMTP reply. `No` when nothing is known about it.
[[nodiscard]] CommandResult explain(const CommandContext& context, const std::string& question);

}  // namespace holdback::milter::ctl
