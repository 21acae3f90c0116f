// SPDX-License-Identifier: Apache-2.0
#pragma once
// Arguments of MAIL that Sendmail forgets when a filter sets the envelope sender.

#include <span>
#include <string>
#include <string_view>

namespace holdback::milter::session {

/// True when the macro {v} is Sendmail's; Postfix gives its name with its version.
[[nodiscard]] bool is_sendmail(std::string_view version);

/// The arguments of MAIL that have to be given again with the envelope sender, each with a space
/// after it. Postfix keeps them, and warns of most of them when they are given.
[[nodiscard]] std::string forgotten_arguments(std::span<const std::string> arguments);

}  // namespace holdback::milter::session
