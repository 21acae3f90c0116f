// SPDX-License-Identifier: Apache-2.0
#pragma once
// IP addresses and networks as values.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// The reach of an address, by the IANA special-purpose registries (RFC 6890).
enum class AddressScope : std::uint8_t {
    Global,
    Loopback,  ///< 127/8, ::1, 0/8, ::, and the same mapped into IPv6
    Private,   ///< RFC 1918, RFC 6598, link-local, RFC 4193
    Special,   ///< multicast, reserved, documentation, benchmarking: nobody is there
};

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses (::ffff:0:0/96) keep their form, but `scope`
/// and `Network::contains` look at the IPv4 address inside.
class IpAddress {
public:
    /// Dotted quad or RFC 4291 text, with nothing around it.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
    [[nodiscard]] static IpAddress from_v4(std::array<std::uint8_t, 4> octets);
    [[nodiscard]] static IpAddress from_v6(std::array<std::uint8_t, 16> octets);

    [[nodiscard]] bool is_v4() const { return v4_; }
    /// 16 octets for IPv6; only the first 4 count for IPv4.
    [[nodiscard]] const std::array<std::uint8_t, 16>& octets() const { return octets_; }
    [[nodiscard]] AddressScope scope() const;
    [[nodiscard]] std::string text() const;

    auto operator<=>(const IpAddress&) const = default;

private:
    IpAddress(bool v4, std::array<std::uint8_t, 16> octets) : v4_(v4), octets_(octets) {}

    bool v4_;
    std::array<std::uint8_t, 16> octets_;
};

/// An address block in CIDR notation. A single address is a block of one.
class Network {
public:
    /// Bits beyond the prefix must be zero.
    [[nodiscard]] static std::optional<Network> parse(std::string_view text);
    [[nodiscard]] bool contains(const IpAddress& address) const;
    [[nodiscard]] std::string text() const;

    bool operator==(const Network&) const = default;

private:
    Network(IpAddress base, int prefix) : base_(base), prefix_(prefix) {}

    IpAddress base_;
    int prefix_;
};

}  // namespace holdback::mail
