// SPDX-License-Identifier: Apache-2.0
#include "io/submit/smtp_wire.hpp"

#include "core/clock.hpp"
#include "core/handle.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/system/file_handle.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <expected>
#include <netdb.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::io::submit {

namespace {

/// RFC 5321 section 4.5.3.1.5 allows 512 octets; real servers say more.
constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxLines = 128;

using AddressList = core::Handle<addrinfo, &freeaddrinfo>;

std::unexpected<WireError> error_of(std::string_view call, int error) {
    return std::unexpected(
        WireError{.what = fmt::format("{}: {}", call, std::generic_category().message(error))});
}

/// Waits for events on a descriptor; false at the deadline.
bool poll_until(int descriptor, short events, core::SteadyPoint deadline) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        // A long wait is cut into pieces, so that the number fits.
        const auto wait = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000);
        pollfd entry{.fd = descriptor, .events = events, .revents = 0};
        const int ready = poll(&entry, 1, static_cast<int>(wait));
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return true;  // the call on the descriptor will say what is wrong
        }
        if (left.count() <= wait && ready == 0) {
            return false;
        }
    }
}

core::Result<system::FileHandle, WireError> connect_to(const addrinfo& address,
                                                       core::SteadyPoint deadline) {
    system::FileHandle socket(
        ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) {
        return error_of("socket", errno);
    }
    if (connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) {
        return socket;
    }
    if (errno != EINPROGRESS) {
        return error_of("connect", errno);
    }
    if (!poll_until(socket.get(), POLLOUT, deadline)) {
        return std::unexpected(WireError{.what = "connect: time-out"});
    }
    int error = 0;
    socklen_t size = sizeof error;
    // NOLINTNEXTLINE(misc-include-cleaner): knows no header for SOL_SOCKET and SO_ERROR
    if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        return error_of("connect", error);
    }
    return socket;
}

struct ReplyLine {
    int code;
    bool last;
    std::string_view text;
};

std::optional<ReplyLine> parse_line(std::string_view line) {
    if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), core::is_ascii_digit)) {
        return std::nullopt;
    }
    const int code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
    if (code < 200 || code > 599) {
        return std::nullopt;
    }
    if (line.size() == 3) {
        return ReplyLine{.code = code, .last = true, .text = {}};
    }
    if (line[3] != ' ' && line[3] != '-') {
        return std::nullopt;
    }
    return ReplyLine{.code = code, .last = line[3] == ' ', .text = line.substr(4)};
}

}  // namespace

SmtpWire::SmtpWire(system::FileHandle socket, core::SteadyPoint deadline)
    : socket_(std::move(socket)), deadline_(deadline) {}

core::Result<SmtpWire, WireError> SmtpWire::open(const std::string& host,
                                                 const std::string& port,
                                                 core::SteadyPoint deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* raw = nullptr;
    const int status = getaddrinfo(host.c_str(), port.c_str(), &hints, &raw);
    const AddressList addresses(raw);
    if (status != 0) {
        return std::unexpected(
            WireError{.what = fmt::format("{}: {}", host, gai_strerror(status))});
    }
    WireError last{.what = "no address"};
    for (const addrinfo* address = addresses.get(); address != nullptr;
         address = address->ai_next) {
        auto socket = connect_to(*address, deadline);
        if (socket.has_value()) {
            const int on = 1;
            // We wait for each reply, so that delaying small packets would only cost time.
            setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return SmtpWire(std::move(*socket), deadline);
        }
        last = std::move(socket.error());
    }
    last.what = fmt::format("{}:{}: {}", host, port, last.what);
    return std::unexpected(std::move(last));
}

void SmtpWire::hurry(core::SteadyPoint deadline) {
    deadline_ = std::min(deadline_, deadline);
}

core::Result<void, WireError> SmtpWire::wait_for(short events) const {
    if (!poll_until(socket_.get(), events, deadline_)) {
        return std::unexpected(WireError{.what = "time-out"});
    }
    return {};
}

core::Result<void, WireError> SmtpWire::send(std::string_view octets) {
    std::size_t taken = 0;
    while (taken < octets.size()) {
        const ssize_t sent =
            ::send(socket_.get(), octets.data() + taken, octets.size() - taken, MSG_NOSIGNAL);
        if (sent >= 0) {
            taken += static_cast<std::size_t>(sent);
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            auto error = error_of("send", errno);
            error.error().taken = taken;
            return error;
        }
        if (auto ready = wait_for(POLLOUT); !ready.has_value()) {
            ready.error().taken = taken;
            return ready;
        }
    }
    return {};
}

core::Result<std::string, WireError> SmtpWire::read_line() {
    while (true) {
        if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            if (line.ends_with('\r')) {
                line.pop_back();
            }
            return line;
        }
        if (unread_.size() > kMaxLine) {
            return std::unexpected(WireError{.what = "the server sent a line without end"});
        }
        if (const auto ready = wait_for(POLLIN); !ready.has_value()) {
            return std::unexpected(ready.error());
        }
        std::array<char, kMaxLine> piece{};
        const ssize_t got = recv(socket_.get(), piece.data(), piece.size(), 0);
        if (got == 0) {
            return std::unexpected(WireError{.what = "the server closed the connection"});
        }
        if (got < 0 && errno != EINTR && errno != EAGAIN) {
            return error_of("recv", errno);
        }
        if (got > 0) {
            unread_.append(piece.data(), static_cast<std::size_t>(got));
        }
    }
}

core::Result<WireReply, WireError> SmtpWire::read_reply() {
    WireReply reply;
    while (reply.lines.size() < kMaxLines) {
        const auto text = read_line();
        if (!text.has_value()) {
            return std::unexpected(text.error());
        }
        const auto line = parse_line(*text);
        if (!line.has_value() || (!reply.lines.empty() && line->code != reply.code)) {
            return std::unexpected(WireError{
                .what = fmt::format("not an SMTP reply: {}", core::printable(*text, 80))});
        }
        reply.code = line->code;
        reply.lines.emplace_back(line->text);
        if (line->last) {
            return reply;
        }
    }
    return std::unexpected(WireError{.what = "the server sent a reply without end"});
}

}  // namespace holdback::io::submit
