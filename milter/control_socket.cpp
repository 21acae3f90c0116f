// SPDX-License-Identifier: Apache-2.0
#include "milter/control_socket.hpp"

#include "core/text.hpp"
#include "milter/control_protocol.hpp"
#include "milter/listener.hpp"
#include "ports/log.hpp"

#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

/// So many requests may be under way: a release can take minutes, and `status` should still work.
constexpr int kThreads = 4;
constexpr int kPollMilliseconds = 250;
constexpr int kReadSeconds = 10;
constexpr std::size_t kMostRequestOctets = std::size_t{1} << 20U;

/// One line without its end; empty when the peer sent none in time.
std::string read_line(int connection) {
    std::string line;
    std::string piece(4096, '\0');
    while (line.size() < kMostRequestOctets) {
        const ssize_t got = recv(connection, piece.data(), piece.size(), 0);
        if (got <= 0) {
            return {};
        }
        line.append(piece, 0, static_cast<std::size_t>(got));
        if (const std::size_t end = line.find('\n'); end != std::string::npos) {
            line.resize(end);
            return line;
        }
    }
    return {};
}

void write_all(int connection, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t sent = send(connection, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

ControlSocket::ControlSocket(Listener listener, ControlHandler handler, ports::Log& log)
    : listener_(std::move(listener)), handler_(std::move(handler)), log_(log) {
    // Each thread polls, and only one gets the connection: the others must not wait in accept.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX
    fcntl(listener_.descriptor(), F_SETFL, O_NONBLOCK);
    for (int i = 0; i < kThreads; ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
    }
}

ControlSocket::~ControlSocket() {
    for (std::jthread& thread : threads_) {
        thread.request_stop();
    }
    // Wakes those that wait for a connection.
    shutdown(listener_.descriptor(), SHUT_RD);
}

void ControlSocket::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd waiting{.fd = listener_.descriptor(), .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, kPollMilliseconds) <= 0) {
            continue;
        }
        const int connection = accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) {
            continue;
        }
        const timeval patience{.tv_sec = kReadSeconds, .tv_usec = 0};
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        answer(connection);
        close(connection);
    }
}

void ControlSocket::answer(int connection) noexcept {
    try {
        const std::string line = read_line(connection);
        if (line.empty()) {
            return;
        }
        std::string text;
        try {
            const auto lines = handler_(decode_control_line(line));
            if (lines.has_value()) {
                for (const ControlLine& fields : *lines) {
                    text += encode_control_line(fields) + "\n";
                }
                text += "ok\n";
            } else {
                text = encode_control_line({"error", lines.error()}) + "\n";
            }
        } catch (const std::exception& error) {
            text = encode_control_line({"error", error.what()}) + "\n";
            log_.write(ports::Severity::Error,
                       fmt::format("control: internal error: {}", core::log_safe(error.what())));
        }
        write_all(connection, text);
    } catch (...) {
        log_.write(ports::Severity::Error, "control: a request could not be answered");
    }
}

}  // namespace holdback::milter
