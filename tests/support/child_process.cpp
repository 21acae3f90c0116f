// SPDX-License-Identifier: Apache-2.0
#include "tests/support/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <optional>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace holdback::support {

namespace {

// NOLINTNEXTLINE(misc-include-cleaner): knows no header for pid_t
pid_t spawn(const std::vector<std::string>& arguments) {
    std::vector<std::string> copies = arguments;
    std::vector<char*> raw;
    raw.reserve(copies.size() + 1);
    for (std::string& copy : copies) {
        raw.push_back(copy.data());
    }
    raw.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    const int status = posix_spawnp(&pid, raw.front(), &actions, nullptr, raw.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (status != 0) {
        throw std::system_error(status, std::generic_category(), arguments.front());
    }
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A socket of the type bound to the port (0: any); nullopt when it is taken.
std::optional<std::uint16_t> bind_briefly(int type, std::uint16_t port) {
    const int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return std::nullopt;
    }
    // Connections that have ended do not count, listeners do.
    const int on = 1;
    if (type == SOCK_STREAM) {
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    sockaddr_in address = loopback(port);
    socklen_t size = sizeof address;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    const bool bound = bind(descriptor, raw, size) == 0 && getsockname(descriptor, raw, &size) == 0;
    close(descriptor);
    return bound ? std::optional(ntohs(address.sin_port)) : std::nullopt;
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
    const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    const std::string folders =
        std::string(path == nullptr ? "" : path) + ":/usr/sbin:/sbin:/usr/local/sbin";
    for (std::size_t start = 0; start <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', start), folders.size());
        const auto candidate =
            std::filesystem::path(folders.substr(start, end - start)) / std::string(name);
        if (access(candidate.c_str(), X_OK) == 0) {
            return candidate.string();
        }
        start = end + 1;
    }
    return std::nullopt;
}

int run_program(const std::vector<std::string>& arguments) {
    return wait_for(spawn(arguments));
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) : pid_(spawn(arguments)) {}

ChildProcess::~ChildProcess() {
    kill(pid_, SIGTERM);
    wait_for(pid_);
}

std::uint16_t free_port() {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
        const auto port = bind_briefly(SOCK_STREAM, 0);
        if (port.has_value() && bind_briefly(SOCK_DGRAM, *port).has_value()) {
            return *port;
        }
    }
    throw std::runtime_error("no free port on 127.0.0.1");
}

bool is_port_free(std::uint16_t port) {
    return bind_briefly(SOCK_DGRAM, port).has_value() &&
           bind_briefly(SOCK_STREAM, port).has_value();
}

bool wait_for_port(std::uint16_t port, std::chrono::milliseconds most) {
    constexpr std::chrono::milliseconds kPause{20};
    const auto deadline = std::chrono::steady_clock::now() + most;
    while (std::chrono::steady_clock::now() < deadline) {
        const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0) {
            return false;
        }
        const sockaddr_in address = loopback(port);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
        const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
        const bool connected = connect(descriptor, raw, sizeof address) == 0;
        close(descriptor);
        if (connected) {
            return true;
        }
        std::this_thread::sleep_for(kPause);
    }
    return false;
}

}  // namespace holdback::support
