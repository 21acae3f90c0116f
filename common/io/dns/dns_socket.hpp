// SPDX-License-Identifier: Apache-2.0
#pragma once
// One non-blocking socket to one nameserver, over UDP or TCP.

#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace holdback::io::dns {

enum class DnsTransport : std::uint8_t { Udp, Tcp };

/// Connected to the server, so that the kernel drops what others send, and bound by the kernel to
/// an unpredictable port. Move-only; closes its descriptor.
class DnsSocket {
public:
    struct Nothing {};  ///< nothing to read yet
    struct Broken {};   ///< refused, reset or closed: no answer will come
    using Received = std::variant<Nothing, Broken, std::vector<std::uint8_t>>;

    /// nullopt when the kernel gives no socket or has no route.
    [[nodiscard]] static std::optional<DnsSocket> open(const config::NameServer& server,
                                                       DnsTransport transport);

    DnsSocket(const DnsSocket&) = delete;
    DnsSocket& operator=(const DnsSocket&) = delete;
    DnsSocket(DnsSocket&& other) noexcept;
    DnsSocket& operator=(DnsSocket&& other) noexcept;
    ~DnsSocket();

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] DnsTransport transport() const { return transport_; }
    /// True while octets wait until the TCP connection takes them.
    [[nodiscard]] bool wants_to_write() const { return !unsent_.empty(); }

    /// Sends a message; over TCP, keeps what can't be sent yet for `flush`. False when the server
    /// is unreachable.
    [[nodiscard]] bool send(std::span<const std::uint8_t> message);
    /// Sends the octets that wait. False when the connection failed.
    [[nodiscard]] bool flush();
    /// The next whole message.
    [[nodiscard]] Received receive();

private:
    DnsSocket(int descriptor, DnsTransport transport)
        : descriptor_(descriptor), transport_(transport) {}

    [[nodiscard]] Received receive_datagram() const;
    [[nodiscard]] Received receive_from_stream();
    [[nodiscard]] std::optional<std::vector<std::uint8_t>> whole_message();

    int descriptor_;
    DnsTransport transport_;
    std::vector<std::uint8_t> unsent_;    // only for TCP
    std::vector<std::uint8_t> received_;  // only for TCP
};

}  // namespace holdback::io::dns
