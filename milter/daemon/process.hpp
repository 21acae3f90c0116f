// SPDX-License-Identifier: Apache-2.0
#pragma once
// The daemon's own process: user, background, signals.

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdback::milter::daemon {

/// The user that the daemon runs as.
struct Account {
    std::string name;
    unsigned uid;
    unsigned gid;
};

/// The account of a user name; nullopt when there is none.
[[nodiscard]] std::optional<Account> find_account(const std::string& name);
/// The id of a group name; nullopt when there is none.
[[nodiscard]] std::optional<unsigned> find_group(const std::string& name);

/// Makes a directory (mode 0750) that belongs to the account, unless it exists. Its parent must
/// exist.
[[nodiscard]] core::Result<void, std::string> make_directory_for(const std::string& path,
                                                                 const Account& account);

/// Gives up root for the account, for good. Call before any thread is made. The error is a text for
/// people.
[[nodiscard]] core::Result<void, std::string> become(const Account& account);

/// The connection to the parent of a daemon that goes to the background. The parent waits until the
/// child is ready and then exits with 0; if the child ends before, it exits with the child's
/// status.
class Background {
public:
    /// Forks. Returns in the child only; the parent waits and exits. Call before any thread is
    /// made.
    [[nodiscard]] static core::Result<Background, std::string> enter();

    /// Tells the parent that all is well, and detaches from the terminal.
    void ready() const;

private:
    explicit Background(int parent) : parent_(parent) {}

    int parent_;
};

enum class Signal : std::uint8_t { Reload, Stop, MilterEnded };

/// Signals of the process as a queue. libmilter's own thread waits for SIGHUP, SIGTERM and SIGINT,
/// and takes each for "stop". So handlers catch them in the main thread, which the kernel prefers;
/// threads made under `SignalsBlocked` block them.
class Signals {
public:
    /// Installs the handlers. Once per process, in the main thread.
    [[nodiscard]] static core::Result<Signals, std::string> install();

    /// Waits for the next signal. Main thread only.
    [[nodiscard]] Signal wait() const;

    /// Makes `wait` return `MilterEnded`. Safe from any thread.
    static void milter_ended();

private:
    explicit Signals(int reading_end) : reading_end_(reading_end) {}

    int reading_end_;
};

/// Blocks our signals in threads that are made while the object lives.
class SignalsBlocked {
public:
    SignalsBlocked();
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    SignalsBlocked(SignalsBlocked&&) = delete;
    SignalsBlocked& operator=(SignalsBlocked&&) = delete;
    ~SignalsBlocked();
};

}  // namespace holdback::milter::daemon
