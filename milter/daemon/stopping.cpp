// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/stopping.hpp"

#include "io/system/file_handle.hpp"
#include "io/system/rest.hpp"
#include "milter/daemon/callbacks.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <netdb.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStep{1};
/// A connection that begins no message for so long is merely kept open.
constexpr std::chrono::milliseconds kIdle{250};
constexpr std::chrono::milliseconds kWakeStep{5};

void connect_to_path(std::string_view path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return;
    }
    path.copy(static_cast<char*>(address.sun_path), path.size());
    const io::system::FileHandle caller(
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX socket addresses
    const auto* const any = reinterpret_cast<const sockaddr*>(&address);
    static_cast<void>(connect(caller.get(), any, sizeof address));
}

void connect_to_port(const std::string& host, const std::string& port, int family) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
        return;
    }
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        const io::system::FileHandle caller(
            socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        static_cast<void>(connect(caller.get(), one->ai_addr, one->ai_addrlen));
    }
    freeaddrinfo(found);
}

/// libmilter's stop waits for a lock. The listener holds it until the next connection, or for five
/// seconds without one.
void wake_listener(std::string_view listening_on) {
    const std::string_view kind = listening_on.substr(0, listening_on.find(':'));
    const std::string_view rest =
        listening_on.substr(std::min(kind.size() + 1, listening_on.size()));
    if (kind == "unix" || kind == "local") {
        connect_to_path(rest);
        return;
    }
    const bool is_v6 = kind == "inet6";
    const std::string_view port = rest.substr(0, rest.find('@'));
    std::string host = is_v6 ? "::1" : "127.0.0.1";
    if (port.size() < rest.size()) {
        host = rest.substr(port.size() + 1);
    }
    connect_to_port(host, std::string(port), is_v6 ? AF_INET6 : AF_INET);
}

}  // namespace

Stopping::Stopping(std::string socket, MilterCounters& counters, ports::Log& log, StopLimits limits)
    : socket_(std::move(socket)), counters_(&counters), log_(&log), limits_(limits) {}

bool Stopping::is_quiet(std::size_t tolerated) const {
    return counters_->messages_in_flight.load() == 0 &&
           counters_->connections_before_mail.load() <= tolerated;
}

std::size_t Stopping::tolerated(steady_clock::time_point begin, steady_clock::time_point changed) {
    const auto now = steady_clock::now();
    if (now - changed >= kIdle) {
        return std::numeric_limits<std::size_t>::max();
    }
    // The limit is near: better cut a few clients that are about to begin than all of them.
    constexpr std::chrono::milliseconds kPatient{1'000};
    constexpr std::chrono::milliseconds kForOneMore{100};
    return now - begin < kPatient
               ? 0
               : static_cast<std::size_t>((now - begin - kPatient) / kForOneMore);
}

std::size_t Stopping::begun() const {
    return counters_->connections.load() + counters_->messages.load();
}

void Stopping::wait_for_quiet(steady_clock::time_point begin) {
    std::size_t known = 0;
    auto changed = begin;
    while (!hurried_.load() && steady_clock::now() < begin + limits_.quiet) {
        const std::size_t now = begun();
        if (std::exchange(known, now) != now || counters_->messages_in_flight.load() > 0) {
            changed = steady_clock::now();
        }
        const std::size_t most = tolerated(begin, changed);
        if (is_quiet(most)) {
            hold_new_messages(Hold::Yes);
            // A message that passed just before is counted, or will be within this time.
            std::this_thread::sleep_for(kStep);
            if (is_quiet(most)) {
                return;
            }
            hold_new_messages(Hold::No);
        }
        std::this_thread::sleep_for(kStep);
    }
    hold_new_messages(Hold::Yes);
}

void Stopping::wait_for_chores(const std::atomic<bool>& done) {
    const auto deadline = steady_clock::now() + limits_.chores;
    while (!done.load() && !hurried_.load() && steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kStep);
    }
}

bool Stopping::wait_for_messages() {
    const auto begin = steady_clock::now();
    const std::size_t before = begun();
    const bool under_way = counters_->messages_in_flight.load() > 0;
    wait_for_quiet(begin);
    const auto deadline = begin + limits_.quiet + limits_.messages;
    while (counters_->messages_in_flight.load() > 0 && !hurried_.load() &&
           steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kStep);
    }
    return under_way || begun() != before;
}

void Stopping::end_milter() {
    log_->write(
        ports::Severity::Info,
        fmt::format("stopping messages_in_flight={}", counters_->messages_in_flight.load()));
    const std::jthread waker([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            wake_listener(socket_);
            std::this_thread::sleep_for(kWakeStep);
        }
    });
    stop_milter();
}

void Stopping::allow_no_more_than_the_limit() {
    guard_ = std::jthread([this](const std::stop_token& stop) {
        const auto deadline = steady_clock::now() + limits_.others;
        while (!stop.stop_requested() && !hurried_.load() && steady_clock::now() < deadline) {
            io::system::rest(std::chrono::milliseconds(50), stop);
        }
        if (stop.stop_requested()) {
            return;
        }
        log_->write(ports::Severity::Warning,
                    "stopped while something still ran: a release under way is in doubt until the "
                    "next start");
        _exit(EX_OK);
    });
}

}  // namespace holdback::milter::daemon
