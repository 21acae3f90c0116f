// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a program for its output.

#include "core/clock.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::system {

/// What a program printed until its end; standard output and standard error together.
struct ProgramOutput {
    int status = 0;  ///< the exit status
    std::string text;
};

/// Runs a program with `input` as its standard input. The error says why the output is not
/// complete: the program did not start, a signal or the deadline ended it, or it printed more than
/// 4 MiB.
[[nodiscard]] core::Result<ProgramOutput, std::string> run_program(
    const std::string& program,
    const std::vector<std::string>& arguments,
    std::string_view input,
    core::SteadyPoint deadline);

/// The full path of a program in the directories where systems keep the programs of the MTA;
/// nullopt when it is in none.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

}  // namespace holdback::io::system
