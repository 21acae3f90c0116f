// SPDX-License-Identifier: Apache-2.0
#pragma once
// Programs that a test starts and ends.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace holdback::support {

/// The path of a program in PATH or an sbin folder; nullopt when it is not installed.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

/// Runs a program to its end and returns its exit status; -1 when it did not exit by itself.
[[nodiscard]] int run_program(const std::vector<std::string>& arguments);

/// A program in the background; ended with SIGTERM and waited for by the destructor.
class ChildProcess {
public:
    /// The first argument is the path of the program. Its output is dropped.
    explicit ChildProcess(const std::vector<std::string>& arguments);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ChildProcess(ChildProcess&&) = delete;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

private:
    pid_t pid_;
};

/// A port of 127.0.0.1 that was free for UDP and TCP a moment ago.
[[nodiscard]] std::uint16_t free_port();
/// True when nobody has bound the port of 127.0.0.1 for UDP, or for TCP.
[[nodiscard]] bool is_port_free(std::uint16_t port);
/// True when the TCP port of 127.0.0.1 accepts connections before the time is over.
[[nodiscard]] bool wait_for_port(std::uint16_t port, std::chrono::milliseconds most);

}  // namespace holdback::support
