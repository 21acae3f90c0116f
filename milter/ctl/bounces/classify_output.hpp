// SPDX-License-Identifier: Apache-2.0
#pragma once
// Output of `holdbackctl classify`.

#include "dsn/classify.hpp"
#include "flow/snapshot.hpp"
#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

/// The lines of one message, with their line ends: an object, or text for people. `name` is its
/// file.
[[nodiscard]] std::string classified_text(const std::string& name,
                                          const dsn::Understanding& understanding,
                                          const flow::Snapshot& snapshot,
                                          OutputForm form);

}  // namespace holdback::milter::ctl
