// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/client.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "milter/control_protocol.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <expected>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using Kind = DaemonError::Kind;

std::string words_for(int error) {
    return std::generic_category().message(error);
}

Kind kind_of(int error) {
    if (error == EACCES || error == EPERM) {
        return Kind::NoPermission;
    }
    return error == ENOENT || error == ECONNREFUSED ? Kind::NotRunning : Kind::OutOfReach;
}

/// A connected socket, closed with the object.
class Connection {
public:
    explicit Connection(int descriptor) : descriptor_(descriptor) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

core::Result<Connection, DaemonError> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return std::unexpected(DaemonError{Kind::OutOfReach, "the path is too long for a socket"});
    }
    std::memcpy(&address.sun_path, path.data(), path.size());
    Connection connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connection.descriptor() < 0) {
        return std::unexpected(DaemonError{Kind::OutOfReach, words_for(errno)});
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets interface
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (connect(connection.descriptor(), generic, sizeof address) != 0) {
        const int why = errno;
        return std::unexpected(DaemonError{kind_of(why), words_for(why)});
    }
    return connection;
}

std::optional<DaemonError> send_all(const Connection& connection, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t sent =
            send(connection.descriptor(), octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return DaemonError{Kind::OutOfReach, words_for(errno)};
        }
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return std::nullopt;
}

/// Appends the next octets of the answer. The error says why there are none.
std::optional<DaemonError> receive(const Connection& connection,
                                   std::chrono::seconds patience,
                                   std::string& octets) {
    pollfd readable{.fd = connection.descriptor(), .events = POLLIN, .revents = 0};
    const auto timeout = std::chrono::milliseconds(patience);
    int ready = -1;
    do {  // NOLINT(cppcoreguidelines-avoid-do-while): a call that a signal interrupts is made again
        ready = poll(&readable, 1, static_cast<int>(timeout.count()));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        return DaemonError{Kind::OutOfReach,
                           fmt::format("no answer within {} s", patience.count())};
    }
    std::array<char, 16'384> piece{};
    const ssize_t got = recv(connection.descriptor(), piece.data(), piece.size(), 0);
    if (got < 0) {
        return DaemonError{Kind::OutOfReach, words_for(errno)};
    }
    if (got == 0) {
        return DaemonError{Kind::OutOfReach,
                           "the daemon closed the connection before the end of its answer"};
    }
    octets.append(piece.data(), static_cast<std::size_t>(got));
    return std::nullopt;
}

}  // namespace

core::Result<std::vector<ControlLine>, DaemonError> ask_daemon(
    const config::ControlSettings& settings,
    const ControlLine& request,
    std::chrono::seconds patience) {
    const auto connection = connect_to(settings.socket);
    if (!connection.has_value()) {
        return std::unexpected(connection.error());
    }
    if (auto error = send_all(*connection, encode_control_line(request) + "\n")) {
        return std::unexpected(*std::move(error));
    }
    std::vector<ControlLine> lines;
    std::string octets;
    while (true) {
        const std::size_t end = octets.find('\n');
        if (end == std::string::npos) {
            if (auto error = receive(*connection, patience, octets)) {
                return std::unexpected(*std::move(error));
            }
            continue;
        }
        ControlLine fields = decode_control_line(std::string_view(octets).substr(0, end));
        octets.erase(0, end + 1);
        if (fields.size() == 1 && fields.front() == "ok") {
            return lines;
        }
        if (fields.front() == "error") {
            return std::unexpected(
                DaemonError{Kind::Refused, fields.size() > 1 ? fields[1] : "no reason given"});
        }
        lines.push_back(std::move(fields));
    }
}

}  // namespace holdback::milter::ctl
