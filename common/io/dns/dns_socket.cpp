// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_socket.hpp"

#include "config/settings.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdback::io::dns {

namespace {

constexpr std::size_t kLengthOctets = 2;  // before each message on TCP (RFC 1035 section 4.2.2)

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINPROGRESS || error == ENOTCONN;
}

int connect_v4(int descriptor, const config::NameServer& server) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    const auto& octets = server.address.octets();
    std::array<std::uint8_t, 4> v4{};
    std::copy_n(octets.begin(), v4.size(), v4.begin());
    address.sin_addr.s_addr = std::bit_cast<in_addr_t>(v4);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
    return connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int connect_v6(int descriptor, const config::NameServer& server) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(server.port);
    address.sin6_addr = std::bit_cast<in6_addr>(server.address.octets());
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
    return connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

std::optional<DnsSocket> DnsSocket::open(const config::NameServer& server, DnsTransport transport) {
    const int family = server.address.is_v4() ? AF_INET : AF_INET6;
    const int type = transport == DnsTransport::Udp ? SOCK_DGRAM : SOCK_STREAM;
    const int descriptor = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return std::nullopt;
    }
    DnsSocket opened(descriptor, transport);
    const int status =
        server.address.is_v4() ? connect_v4(descriptor, server) : connect_v6(descriptor, server);
    if (status != 0 && errno != EINPROGRESS) {
        return std::nullopt;
    }
    return opened;
}

DnsSocket::DnsSocket(DnsSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      transport_(other.transport_),
      unsent_(std::move(other.unsent_)),
      received_(std::move(other.received_)) {}

DnsSocket& DnsSocket::operator=(DnsSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    transport_ = other.transport_;
    unsent_.swap(other.unsent_);
    received_.swap(other.received_);
    return *this;
}

DnsSocket::~DnsSocket() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

bool DnsSocket::send(std::span<const std::uint8_t> message) {
    if (transport_ == DnsTransport::Udp) {
        const ssize_t sent = ::send(descriptor_, message.data(), message.size(), MSG_NOSIGNAL);
        // A full buffer loses the datagram, as the network may; a retransmission follows.
        return sent >= 0 || would_block(errno) || errno == ENOBUFS;
    }
    unsent_.push_back(static_cast<std::uint8_t>(message.size() >> 8U));
    unsent_.push_back(static_cast<std::uint8_t>(message.size() & 0xFFU));
    unsent_.insert(unsent_.end(), message.begin(), message.end());
    return flush();
}

bool DnsSocket::flush() {
    while (!unsent_.empty()) {
        const ssize_t sent = ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) {
                continue;
            }
            return would_block(errno);
        }
        unsent_.erase(unsent_.begin(), unsent_.begin() + sent);
    }
    return true;
}

DnsSocket::Received DnsSocket::receive() {
    return transport_ == DnsTransport::Udp ? receive_datagram() : receive_from_stream();
}

DnsSocket::Received DnsSocket::receive_datagram() const {
    constexpr std::size_t kMostOctets = 4096;  // more than we allow by EDNS
    std::array<std::uint8_t, kMostOctets> buffer{};
    const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got < 0) {
        return would_block(errno) || errno == EINTR ? Received(Nothing{}) : Received(Broken{});
    }
    return std::vector<std::uint8_t>(buffer.begin(), buffer.begin() + got);
}

DnsSocket::Received DnsSocket::receive_from_stream() {
    constexpr std::size_t kChunk = 16384;
    std::array<std::uint8_t, kChunk> buffer{};
    while (true) {
        if (auto message = whole_message()) {
            return *std::move(message);
        }
        const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            received_.insert(received_.end(), buffer.begin(), buffer.begin() + got);
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else {
            return got < 0 && would_block(errno) ? Received(Nothing{}) : Received(Broken{});
        }
    }
}

std::optional<std::vector<std::uint8_t>> DnsSocket::whole_message() {
    if (received_.size() < kLengthOctets) {
        return std::nullopt;
    }
    const std::size_t length = static_cast<std::size_t>(received_[0]) << 8U | received_[1];
    if (received_.size() < kLengthOctets + length) {
        return std::nullopt;
    }
    const auto start = received_.begin() + kLengthOctets;
    const auto end = start + static_cast<std::ptrdiff_t>(length);
    std::vector<std::uint8_t> message(start, end);
    received_.erase(received_.begin(), end);
    return message;
}

}  // namespace holdback::io::dns
