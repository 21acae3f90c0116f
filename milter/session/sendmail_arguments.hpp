// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Sendmail forgets of a MAIL command when a filter names its sender anew.

#include <span>
#include <string>
#include <string_view>

namespace holdback::milter::session {

/// True when the macro {v} is Sendmail's; Postfix says its name with its version.
[[nodiscard]] bool is_sendmail(std::string_view version);

/// The arguments of MAIL that have to be said again with the sender, each with a space behind it.
/// Postfix keeps them, and warns of most when they are said.
[[nodiscard]] std::string forgotten_arguments(std::span<const std::string> arguments);

}  // namespace holdback::milter::session
