// SPDX-License-Identifier: Apache-2.0
#pragma once
// Output of `holdbackctl whatif`.

#include "core/clock.hpp"
#include "milter/ctl/command.hpp"
#include "report/what_if.hpp"

#include <string>

namespace holdback::milter::ctl {

/// Writes one changed recipient as a line or an object.
void write_changed(const CommandContext& context, const report::ChangedRecipient& changed);

/// Writes all the sums. `settings` is the name of the file.
void write_what_if(const CommandContext& context,
                   const report::WhatIf& sums,
                   const std::string& settings,
                   core::TimePoint since);

}  // namespace holdback::milter::ctl
