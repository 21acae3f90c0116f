// SPDX-License-Identifier: Apache-2.0
#include "tests/support/smtp_script.hpp"

#include "io/system/file_handle.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdback::support {

namespace {

constexpr int kPollMilliseconds = 20;

void send_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// Adds what the client sends to `unread`; false when it is gone or `stopping`.
bool receive(int socket, std::string& unread, const std::atomic<bool>& stopping) {
    while (!stopping) {
        pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
        if (poll(&entry, 1, kPollMilliseconds) <= 0) {
            continue;
        }
        std::array<char, 65'536> piece{};
        const ssize_t got = recv(socket, piece.data(), piece.size(), 0);
        if (got <= 0) {
            return false;
        }
        unread.append(piece.data(), static_cast<std::size_t>(got));
        return true;
    }
    return false;
}

}  // namespace

SmtpScript::SmtpScript(Answer answer)
    : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the socket API is
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), generic, size) != 0 || listen(listener_.get(), 8) != 0 ||
        getsockname(listener_.get(), generic, &size) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this] { serve(); });
}

SmtpScript::~SmtpScript() {
    stopping_ = true;
}

std::vector<std::string> SmtpScript::lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
}

std::string SmtpScript::data() const {
    const std::scoped_lock lock(mutex_);
    return data_;
}

std::string SmtpScript::polite(std::string_view line, std::string_view extensions) {
    if (line == kGreeting) {
        return "220 mx.example.net ESMTP\r\n";
    }
    if (line.starts_with("EHLO")) {
        std::string reply = "250-mx.example.net\r\n";
        while (!extensions.empty()) {
            const std::size_t end = std::min(extensions.find(','), extensions.size());
            reply += "250-" + std::string(extensions.substr(0, end)) + "\r\n";
            extensions.remove_prefix(std::min(end + 1, extensions.size()));
        }
        return reply + "250 SIZE 1000\r\n";
    }
    if (line == "DATA") {
        return "354 End data with <CR><LF>.<CR><LF>\r\n";
    }
    if (line == "QUIT") {
        return "221 2.0.0 Bye\r\n";
    }
    return line == kEndOfData ? "250 2.0.0 Ok: queued as 4Xk2\r\n" : "250 2.1.0 Ok\r\n";
}

void SmtpScript::serve() {
    while (!stopping_) {
        pollfd entry{.fd = listener_.get(), .events = POLLIN, .revents = 0};
        if (poll(&entry, 1, kPollMilliseconds) > 0) {
            const io::system::FileHandle client(accept(listener_.get(), nullptr, nullptr));
            if (client.is_open()) {
                talk(client.get());
            }
        }
    }
}

bool SmtpScript::take_data(int socket, std::string& unread) {
    constexpr std::string_view kEnd = "\r\n.\r\n";
    while (true) {
        const std::size_t end = unread.starts_with(kEnd.substr(2)) ? 0 : unread.find(kEnd);
        if (end != std::string::npos) {
            const std::size_t length =
                end == 0 && !unread.starts_with(kEnd) ? kEnd.size() - 2 : end + kEnd.size();
            const std::scoped_lock lock(mutex_);
            data_ = unread.substr(0, length);
            unread.erase(0, length);
            return true;
        }
        if (unread.size() >= data_limit_ || !receive(socket, unread, stopping_)) {
            return false;
        }
    }
}

void SmtpScript::talk(int socket) {
    std::string unread;
    std::string line(kGreeting);
    while (true) {
        const std::string reply = answer_(line);
        if (reply == kClose) {
            return;
        }
        if (reply == kHang) {
            while (receive(socket, unread, stopping_)) {
            }
            return;
        }
        send_all(socket, reply);
        if (line == "DATA" && reply.starts_with("354")) {
            if (!take_data(socket, unread)) {
                return;
            }
            line = kEndOfData;
            continue;
        }
        std::size_t end = unread.find("\r\n");
        while (end == std::string::npos) {
            if (!receive(socket, unread, stopping_)) {
                return;
            }
            end = unread.find("\r\n");
        }
        line = unread.substr(0, end);
        unread.erase(0, end + 2);
        const std::scoped_lock lock(mutex_);
        lines_.push_back(line);
    }
}

}  // namespace holdback::support
