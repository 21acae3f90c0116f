// SPDX-License-Identifier: Apache-2.0
#pragma once
// Re-injection into the MTA that `[hold] reinject` names.

#include "config/value_text.hpp"
#include "ports/submitter.hpp"

#include <memory>
#include <string>

namespace holdback::io::submit {

/// The submitter for a target. `helo_name` is what EHLO says: our host name, or "localhost".
[[nodiscard]] std::unique_ptr<ports::Submitter> make_submitter(const config::ReinjectTarget& target,
                                                               const std::string& helo_name);

}  // namespace holdback::io::submit
