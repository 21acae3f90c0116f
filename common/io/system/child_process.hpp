// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program run with a pipe in and a pipe out, under a deadline.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace holdback::io::system {

/// How a program ended.
struct ProcessEnd {
    std::optional<int> status;  ///< exit status; nullopt when a signal ended it
    int signal = 0;
    std::string output;  ///< the first octets of standard output and standard error
};

/// A running program in a process group of its own; the group is killed when this is destroyed
/// before `finish` has seen its end. Used by one thread.
class ChildProcess {
public:
    /// Starts a program: `arguments[0]` is its name for itself. No shell, no file descriptor of
    /// ours, a minimal environment, signals as a new program expects them. The error is the text.
    [[nodiscard]] static core::Result<ChildProcess, std::string> start(
        const std::string& program,
        const std::vector<std::string>& arguments,
        core::SteadyPoint deadline);

    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    /// Writes all octets to its standard input; false when it does not take them any more or the
    /// deadline is reached.
    [[nodiscard]] bool write(std::string_view octets);

    /// Ends its standard input.
    void end_input() { input_.close(); }

    /// What it has written since the last call, waiting for something until `until`: empty when
    /// there is nothing yet, nullopt when its output has ended. For programs that run on; what is
    /// read here is not in `ProcessEnd::output`.
    [[nodiscard]] std::optional<std::string> read(core::SteadyPoint until);

    /// Ends its standard input and waits; nullopt at the deadline.
    [[nodiscard]] std::optional<ProcessEnd> finish();

    /// True when the deadline has passed.
    [[nodiscard]] bool is_late() const;

private:
    ChildProcess(pid_t pid, FileHandle input, FileHandle output, core::SteadyPoint deadline);

    enum class Ready : std::uint8_t { Input, Output, Late };
    [[nodiscard]] Ready wait_for_input();
    /// False at the end of the output.
    bool read_output();

    pid_t pid_;  // 0 once it has been waited for
    FileHandle input_;
    FileHandle output_;
    core::SteadyPoint deadline_;
    std::string collected_;
};

}  // namespace holdback::io::system
