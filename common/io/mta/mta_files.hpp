// SPDX-License-Identifier: Apache-2.0
#pragma once
// The MTA's files, and its program postconf(1).

#include "core/clock.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::mta {

inline constexpr std::string_view kPostfixDirectory = "/etc/postfix";

/// The text of a file of at most 16 MiB. The error is a text for people.
[[nodiscard]] core::Result<std::string, std::string> read_file(const std::string& path);

/// What postconf says about the instance in this directory. The error is a text for people.
[[nodiscard]] core::Result<std::string, std::string> ask_postconf(const std::string& program,
                                                                  const std::string& directory,
                                                                  std::vector<std::string> question,
                                                                  core::SteadyPoint deadline);

}  // namespace holdback::io::mta
