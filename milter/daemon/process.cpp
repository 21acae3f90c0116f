// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/process.hpp"

#include "core/result.hpp"
#include "io/system/own_directory.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <expected>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <sysexits.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr char kReload = 'r';
constexpr char kStop = 's';
constexpr char kMilterEnded = 'e';

constexpr std::array kReloadSignals{SIGHUP, SIGUSR1};
constexpr std::array kStopSignals{SIGTERM, SIGINT};

// A signal handler can reach only globals.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> signal_pipe{-1};

std::string with_errno(std::string_view what) {
    return fmt::format("{}: {}", what, std::generic_category().message(errno));
}

void post(char word) {
    const int before = errno;
    // A full pipe wakes the reader anyway.
    static_cast<void>(write(signal_pipe.load(), &word, 1) == 1);
    errno = before;
}

extern "C" void on_signal(int number) {
    post(number == SIGHUP || number == SIGUSR1 ? kReload : kStop);
}

sigset_t our_signals() {
    sigset_t set{};
    sigemptyset(&set);
    for (const int number : kReloadSignals) {
        sigaddset(&set, number);
    }
    for (const int number : kStopSignals) {
        sigaddset(&set, number);
    }
    return set;
}

}  // namespace

std::optional<Account> find_account(const std::string& name) {
    const passwd* entry = getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): no threads yet
    if (entry == nullptr) {
        return std::nullopt;
    }
    return Account{.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
}

std::optional<unsigned> find_group(const std::string& name) {
    const group* entry = getgrnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): no threads yet
    if (entry == nullptr) {
        return std::nullopt;
    }
    return entry->gr_gid;
}

core::Result<void, std::string> make_directory_for(const std::string& path,
                                                   const Account& account) {
    constexpr mode_t kMode = 0750;
    const io::system::NewOwner owner =
        geteuid() == 0 ? io::system::NewOwner{.owner = account.uid, .group = account.gid}
                       : io::system::NewOwner{};
    if (auto directory = io::system::open_own_directory(path, kMode, owner);
        !directory.has_value()) {
        return std::unexpected(std::move(directory.error()));
    }
    return {};
}

core::Result<void, std::string> become(const Account& account) {
    if (initgroups(account.name.c_str(), account.gid) != 0 || setgid(account.gid) != 0 ||
        setuid(account.uid) != 0) {
        return std::unexpected(with_errno(fmt::format("can't become user {}", account.name)));
    }
    return {};
}

core::Result<Background, std::string> Background::enter() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return std::unexpected(with_errno("can't make a pipe"));
    }
    const pid_t child = fork();
    if (child < 0) {
        return std::unexpected(with_errno("can't fork"));
    }
    if (child > 0) {
        close(ends[1]);
        char word = 0;
        if (read(ends[0], &word, 1) == 1) {
            _exit(EX_OK);
        }
        int status = 0;
        waitpid(child, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE);
    }
    close(ends[0]);
    setsid();
    return Background(ends[1]);
}

void Background::ready() const {
    constexpr char kReady = '+';
    static_cast<void>(write(parent_, &kReady, 1) == 1);
    close(parent_);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
        for (const int terminal : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            dup2(nowhere, terminal);
        }
        close(nowhere);
    }
}

core::Result<Signals, std::string> Signals::install() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return std::unexpected(with_errno("can't make a pipe"));
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX; a full pipe must not stop a handler
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    signal_pipe.store(ends[1]);
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    action.sa_mask = our_signals();
    for (const int number : kReloadSignals) {
        sigaction(number, &action, nullptr);
    }
    for (const int number : kStopSignals) {
        sigaction(number, &action, nullptr);
    }
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
    return Signals(ends[0]);
}

Signal Signals::wait() const {
    while (true) {
        char word = 0;
        const ssize_t got = read(reading_end_, &word, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != 1 || word == kStop) {
            return Signal::Stop;
        }
        return word == kReload ? Signal::Reload : Signal::MilterEnded;
    }
}

void Signals::milter_ended() {
    post(kMilterEnded);
}

SignalsBlocked::SignalsBlocked() {
    const sigset_t set = our_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalsBlocked::~SignalsBlocked() {
    const sigset_t set = our_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace holdback::milter::daemon
