// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `whatif` writes.

#include "core/clock.hpp"
#include "milter/ctl/command.hpp"
#include "report/what_if.hpp"

#include <string>

namespace holdback::milter::ctl {

/// One changed recipient: a line, or an object.
void write_changed(const CommandContext& context, const report::ChangedRecipient& changed);

/// All the sums. `settings` names the file.
void write_what_if(const CommandContext& context,
                   const report::WhatIf& sums,
                   const std::string& settings,
                   core::TimePoint since);

}  // namespace holdback::milter::ctl
