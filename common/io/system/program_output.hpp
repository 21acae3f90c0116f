// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program that is run for what it prints.

#include "core/clock.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::system {

/// What a program printed until its end, on standard output and standard error in one.
struct ProgramOutput {
    int status = 0;  ///< exit status
    std::string text;
};

/// Runs a program with `input` as its standard input. The error says why there is no whole output:
/// it does not start, a signal or the deadline ended it, it printed more than 4 MiB.
[[nodiscard]] core::Result<ProgramOutput, std::string> run_program(
    const std::string& program,
    const std::vector<std::string>& arguments,
    std::string_view input,
    core::SteadyPoint deadline);

/// The full path of a program in the directories where a system keeps those of its MTA; nullopt
/// when it is in none.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

}  // namespace holdback::io::system
