// SPDX-License-Identifier: Apache-2.0
#include "io/system/child_process.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/system/file_handle.hpp"

// glibc 2.36 forgot to give this header C linkage.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <expected>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

// NOLINTBEGIN(misc-include-cleaner): knows no header for what POSIX adds to <signal.h>, pid_t and
// the W macros of <sys/wait.h>

namespace holdback::io::system {

namespace {

constexpr std::size_t kMaxOutput = 2048;
constexpr std::size_t kReadPiece = std::size_t{64} * 1024;
constexpr std::string_view kPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

std::string error_text(std::string_view what, int error) {
    return fmt::format("{}: {}", what, std::generic_category().message(error));
}

/// Milliseconds for poll(2) until a time, at most one minute: long waits come in pieces.
int poll_time(core::SteadyPoint deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000));
}

/// The two sets of instructions for posix_spawn.
class SpawnPlan {
public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    SpawnPlan(SpawnPlan&&) = delete;
    SpawnPlan& operator=(SpawnPlan&&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    void connect(int input, int output) {
        posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    }

    /// Blocks and ignores no signal, and makes a process group of its own.
    void detach_signals() {
        sigset_t none;
        sigemptyset(&none);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP));
    }

    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

ChildProcess::ChildProcess(pid_t pid,
                           FileHandle input,
                           FileHandle output,
                           core::SteadyPoint deadline)
    : pid_(pid), input_(std::move(input)), output_(std::move(output)), deadline_(deadline) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      deadline_(other.deadline_),
      collected_(std::move(other.collected_)) {}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        // Killed while its input is still open, so that it never sees the end of the message.
        kill(-pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
}

core::Result<ChildProcess, std::string> ChildProcess::start(
    const std::string& program,
    const std::vector<std::string>& arguments,
    core::SteadyPoint deadline) {
    // A socket, not a pipe: writing to one whose reader is gone need not raise a signal.
    std::array<int, 2> in{-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) != 0) {
        return std::unexpected(error_text("socketpair", errno));
    }
    FileHandle input(in[0]);
    const FileHandle child_input(in[1]);
    std::array<int, 2> out{-1, -1};
    if (pipe2(out.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return std::unexpected(error_text("pipe", errno));
    }
    FileHandle output(out[0]);
    const FileHandle child_output(out[1]);

    std::vector<std::string> texts = arguments;
    std::vector<char*> argv;
    argv.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        argv.push_back(text.data());
    }
    argv.push_back(nullptr);
    std::string path(kPath);
    std::array<char*, 2> environment{path.data(), nullptr};

    SpawnPlan plan;
    plan.connect(child_input.get(), child_output.get());
    plan.detach_signals();
    pid_t pid = 0;
    const int error = posix_spawn(
        &pid, program.c_str(), plan.actions(), plan.attributes(), argv.data(), environment.data());
    if (error != 0) {
        return std::unexpected(error_text(program, error));
    }
    return ChildProcess(pid, std::move(input), std::move(output), deadline);
}

bool ChildProcess::is_late() const {
    return std::chrono::steady_clock::now() >= deadline_;
}

ChildProcess::Ready ChildProcess::wait_for_input() {
    while (!is_late()) {
        std::array<pollfd, 2> entries{pollfd{.fd = output_.get(), .events = POLLIN, .revents = 0},
                                      pollfd{.fd = input_.get(), .events = POLLOUT, .revents = 0}};
        if (poll(entries.data(), entries.size(), poll_time(deadline_)) <= 0) {
            continue;
        }
        if (entries[0].revents != 0) {
            return Ready::Output;
        }
        return Ready::Input;
    }
    return Ready::Late;
}

bool ChildProcess::read_output() {
    std::array<char, kMaxOutput> piece{};
    const ssize_t got = ::read(output_.get(), piece.data(), piece.size());
    if (got <= 0) {
        return got < 0 && (errno == EINTR || errno == EAGAIN);
    }
    const std::size_t room = kMaxOutput - collected_.size();
    collected_.append(piece.data(), std::min(room, static_cast<std::size_t>(got)));
    return true;
}

bool ChildProcess::write(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t sent =
            send(input_.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            octets.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            return false;
        }
        const Ready ready = wait_for_input();
        if (ready == Ready::Late) {
            return false;
        }
        if (ready == Ready::Output && !read_output()) {
            output_.close();  // poll(2) ignores a closed one
        }
    }
    return true;
}

std::optional<std::string> ChildProcess::read(core::SteadyPoint until) {
    std::string octets(kReadPiece, '\0');
    while (true) {
        const ssize_t got = ::read(output_.get(), octets.data(), octets.size());
        if (got > 0) {
            octets.resize(static_cast<std::size_t>(got));
            return octets;
        }
        if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            return std::nullopt;
        }
        if (std::chrono::steady_clock::now() >= until) {
            return std::string{};
        }
        pollfd entry{.fd = output_.get(), .events = POLLIN, .revents = 0};
        poll(&entry, 1, poll_time(until));
    }
}

std::optional<ProcessEnd> ChildProcess::finish() {
    input_.close();
    const FileHandle process(pidfd_open(pid_, 0));
    bool ended = false;
    while (!ended) {
        if (is_late()) {
            return std::nullopt;
        }
        // The end of the program counts, not that of its output: a child that it leaves behind may
        // keep the output open.
        std::array<pollfd, 2> entries{pollfd{.fd = process.get(), .events = POLLIN, .revents = 0},
                                      pollfd{.fd = output_.get(), .events = POLLIN, .revents = 0}};
        if (poll(entries.data(), entries.size(), poll_time(deadline_)) <= 0) {
            continue;
        }
        ended = entries[0].revents != 0;
        if (entries[1].revents != 0 && !read_output()) {
            output_.close();
        }
    }
    int status = 0;
    ProcessEnd end;
    const pid_t waited = waitpid(std::exchange(pid_, 0), &status, 0);
    if (waited > 0 && WIFEXITED(status)) {
        end.status = WEXITSTATUS(status);
    } else if (waited > 0 && WIFSIGNALED(status)) {
        end.signal = WTERMSIG(status);
    }
    end.output = std::move(collected_);
    return end;
}

}  // namespace holdback::io::system

// NOLINTEND(misc-include-cleaner)
