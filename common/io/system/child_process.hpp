// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a program with a pipe in and a pipe out, under a deadline.

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
    std::optional<int> status;  ///< the exit status; nullopt when a signal ended it
    int signal = 0;
    std::string output;  ///< the first octets of standard output and standard error
};

/// A running program in its own process group. The destructor kills the group unless `finish` has
/// seen its end. Used by one thread.
class ChildProcess {
public:
    /// Starts a program; `arguments[0]` is the name it sees as its own. It gets no shell, none of
    /// our file descriptors, a minimal environment, and signals as a new program expects them. The
    /// error is a text.
    [[nodiscard]] static core::Result<ChildProcess, std::string> start(
        const std::string& program,
        const std::vector<std::string>& arguments,
        core::SteadyPoint deadline);

    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    /// Writes all octets to its standard input; false when it takes no more or at the deadline.
    [[nodiscard]] bool write(std::string_view octets);

    void end_input() { input_.close(); }

    /// Its output since the last call; waits for some until `until`. Empty: none yet; nullopt: the
    /// output has ended. For programs that run on; what is read here is not in
    /// `ProcessEnd::output`.
    [[nodiscard]] std::optional<std::string> read(core::SteadyPoint until);

    /// Ends its standard input and waits for its end; nullopt at the deadline.
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
