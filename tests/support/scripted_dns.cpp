// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_dns.hpp"

#include "config/settings.hpp"
#include "mail/ip_address.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/dns_message.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <stop_token>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdback::support {

namespace {

using std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int bound_socket(int type, std::uint16_t port) {
    const int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        throw std::system_error(errno, std::generic_category(), "socket");
    }
    const sockaddr_in address = loopback(port);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        close(descriptor);
        throw std::system_error(error, std::generic_category(), "bind");
    }
    return descriptor;
}

}  // namespace

/// The server's thread.
class ScriptedDns::Loop {
public:
    Loop(ScriptedDns& server, DnsScript script)
        : server_(server),
          script_(std::move(script)),
          udp_(bound_socket(SOCK_DGRAM, server.port_)),
          other_udp_(bound_socket(SOCK_DGRAM, 0)),
          listener_(bound_socket(SOCK_STREAM, server.port_)) {
        listen(listener_, 16);
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    Loop(Loop&&) = delete;
    Loop& operator=(Loop&&) = delete;
    ~Loop() {
        for (const int descriptor : connections_) {
            close(descriptor);
        }
        close(udp_);
        close(other_udp_);
        close(listener_);
    }

    void run(const std::stop_token& stop) {
        constexpr int kPauseMs = 5;
        while (!stop.stop_requested()) {
            std::vector<pollfd> polled{{udp_, POLLIN, 0}, {listener_, POLLIN, 0}};
            for (const int descriptor : connections_) {
                polled.push_back({descriptor, POLLIN, 0});
            }
            poll(polled.data(), polled.size(), kPauseMs);
            for (const pollfd& entry : polled) {
                if (entry.revents != 0) {
                    on_readable(entry.fd);
                }
            }
            send_due();
        }
    }

private:
    struct Pending {
        steady_clock::time_point due;
        DnsReaction reaction;
        int descriptor;
        sockaddr_in peer;
    };

    void on_readable(int descriptor) {
        if (descriptor == listener_) {
            connections_.push_back(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
        } else if (descriptor == udp_) {
            on_datagram();
        } else {
            on_stream(descriptor);
        }
    }

    void on_datagram() {
        std::array<std::uint8_t, 4096> buffer{};
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
        auto* const raw = reinterpret_cast<sockaddr*>(&peer);
        const ssize_t got = recvfrom(udp_, buffer.data(), buffer.size(), 0, raw, &size);
        if (got > 0) {
            on_query({buffer.begin(), buffer.begin() + got}, udp_, peer);
        }
    }

    /// A query and its length come in one segment on loopback.
    void on_stream(int descriptor) {
        std::array<std::uint8_t, 4096> buffer{};
        const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
        if (got <= 2) {
            drop(descriptor);
            return;
        }
        on_query({buffer.begin() + 2, buffer.begin() + got}, descriptor, {});
    }

    void on_query(const Octets& octets, int descriptor, const sockaddr_in& peer) {
        DnsQueryView view = view_query(octets);
        view.tcp = descriptor != udp_;
        ++server_.queries_;
        server_.tcp_queries_ += view.tcp ? 1 : 0;
        for (DnsReaction& reaction : script_(view)) {
            const auto due = steady_clock::now() + reaction.delay;
            pending_.push_back({due, std::move(reaction), descriptor, peer});
        }
    }

    void send_due() {
        const auto now = steady_clock::now();
        std::vector<Pending> due;
        std::erase_if(pending_, [&](Pending& entry) {
            if (entry.due > now) {
                return false;
            }
            due.push_back(std::move(entry));
            return true;
        });
        for (const Pending& entry : due) {
            perform(entry);
        }
    }

    void perform(const Pending& entry) {
        if (entry.reaction.way == DnsReaction::Way::Close) {
            drop(entry.descriptor);
            return;
        }
        if (entry.descriptor == udp_) {
            const bool other = entry.reaction.way == DnsReaction::Way::SendFromOtherPort;
            const Octets& octets = entry.reaction.octets;
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
            const auto* const peer = reinterpret_cast<const sockaddr*>(&entry.peer);
            sendto(other ? other_udp_ : udp_,
                   octets.data(),
                   octets.size(),
                   MSG_NOSIGNAL,
                   peer,
                   sizeof entry.peer);
            return;
        }
        if (std::ranges::find(connections_, entry.descriptor) != connections_.end()) {
            Octets framed = number_octets(static_cast<std::uint16_t>(entry.reaction.octets.size()));
            framed.insert(framed.end(), entry.reaction.octets.begin(), entry.reaction.octets.end());
            send(entry.descriptor, framed.data(), framed.size(), MSG_NOSIGNAL);
        }
    }

    void drop(int descriptor) {
        close(descriptor);
        std::erase(connections_, descriptor);
    }

    ScriptedDns& server_;
    DnsScript script_;
    int udp_;
    int other_udp_;
    int listener_;
    std::vector<int> connections_;
    std::vector<Pending> pending_;
};

ScriptedDns::ScriptedDns(DnsScript script) : port_(free_port()) {
    auto loop = std::make_unique<Loop>(*this, std::move(script));
    thread_ =
        std::jthread([loop = std::move(loop)](const std::stop_token& stop) { loop->run(stop); });
}

ScriptedDns::~ScriptedDns() = default;

config::NameServer ScriptedDns::address() const {
    return {mail::IpAddress::from_v4({127, 0, 0, 1}), port_};
}

}  // namespace holdback::support
