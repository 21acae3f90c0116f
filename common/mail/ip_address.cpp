// SPDX-License-Identifier: Apache-2.0
#include "mail/ip_address.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/container/static_vector.hpp>
#include <fmt/format.h>

namespace holdback::mail {

namespace {

using Octets = std::array<std::uint8_t, 16>;

constexpr int kV4Bits = 32;
constexpr int kV6Bits = 128;
constexpr std::size_t kGroups = 8;
using Groups = boost::container::static_vector<std::uint16_t, kGroups>;

/// The block of IPv4-mapped addresses (RFC 4291 section 2.5.5.2).
constexpr Octets kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// True when the first `bits` bits are the same.
bool same_prefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, int bits) {
    const auto whole = static_cast<std::size_t>(bits) / 8;
    if (!std::ranges::equal(a.first(whole), b.first(whole))) {
        return false;
    }
    const unsigned rest = static_cast<unsigned>(bits) % 8;
    const unsigned mask = 0xFF00U >> rest;
    return rest == 0 || ((static_cast<unsigned>(a[whole]) ^ b[whole]) & mask & 0xFFU) == 0;
}

bool is_mapped(const Octets& octets) {
    return same_prefix(octets, kMapped, 96);
}

Octets v4_at(const Octets& octets, std::size_t offset) {
    Octets v4{};
    std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(offset), 4, v4.begin());
    return v4;
}

struct Block {
    Octets base;
    int bits;
    AddressScope scope;
};

// IANA IPv4 Special-Purpose Address Registry, and the multicast block (RFC 5771). Longer prefixes
// stand first. Blocks that the registry calls globally reachable, or leaves open, are `Global`.
constexpr std::array kV4Blocks{
    Block{{192, 0, 0, 9}, 32, AddressScope::Global},      // port control anycast, RFC 7723
    Block{{192, 0, 0, 10}, 32, AddressScope::Global},     // TURN anycast, RFC 8155
    Block{{192, 0, 0, 0}, 24, AddressScope::Special},     // protocol assignments, RFC 6890
    Block{{192, 0, 2, 0}, 24, AddressScope::Special},     // documentation, RFC 5737
    Block{{198, 51, 100, 0}, 24, AddressScope::Special},  // documentation
    Block{{203, 0, 113, 0}, 24, AddressScope::Special},   // documentation
    Block{{192, 168, 0, 0}, 16, AddressScope::Private},   // RFC 1918
    Block{{169, 254, 0, 0}, 16, AddressScope::Private},   // link-local, RFC 3927
    Block{{198, 18, 0, 0}, 15, AddressScope::Special},    // benchmarking, RFC 2544
    Block{{172, 16, 0, 0}, 12, AddressScope::Private},    // RFC 1918
    Block{{100, 64, 0, 0}, 10, AddressScope::Private},    // shared address space, RFC 6598
    Block{{0, 0, 0, 0}, 8, AddressScope::Loopback},       // this network, RFC 791
    Block{{10, 0, 0, 0}, 8, AddressScope::Private},       // RFC 1918
    Block{{127, 0, 0, 0}, 8, AddressScope::Loopback},     // RFC 1122
    Block{{224, 0, 0, 0}, 4, AddressScope::Special},      // multicast
    Block{{240, 0, 0, 0}, 4, AddressScope::Special},      // reserved, limited broadcast
};

// IANA IPv6 Special-Purpose Address Registry, and the address space registry: only 2000::/3 is
// global unicast.
constexpr std::array kV6Blocks{
    Block{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressScope::Loopback},
    Block{{}, 128, AddressScope::Loopback},  // unspecified
    Block{{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressScope::Global},
    Block{{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 128, AddressScope::Global},
    Block{{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}, 128, AddressScope::Global},
    Block{{0x00, 0x64, 0xFF, 0x9B, 0, 1}, 48, AddressScope::Private},  // local NAT64, RFC 8215
    Block{{0x20, 0x01, 0, 4, 0x01, 0x12}, 48, AddressScope::Global},   // AS112, RFC 7535
    Block{{0x20, 0x01, 0, 0}, 32, AddressScope::Global},               // Teredo, RFC 4380
    Block{{0x20, 0x01, 0, 3}, 32, AddressScope::Global},               // AMT, RFC 7450
    Block{{0x20, 0x01, 0x0D, 0xB8}, 32, AddressScope::Special},        // documentation, RFC 3849
    Block{{0x20, 0x01, 0, 0x20}, 28, AddressScope::Global},            // ORCHIDv2, RFC 7343
    Block{{0x20, 0x01, 0, 0x30}, 28, AddressScope::Global},            // drone ids, RFC 9374
    Block{{0x20, 0x01}, 23, AddressScope::Special},                    // assignments, RFC 2928
    Block{{0x3F, 0xFF}, 20, AddressScope::Special},                    // documentation, RFC 9637
    Block{{0xFE, 0x80}, 10, AddressScope::Private},                    // link-local, RFC 4291
    Block{{0xFE, 0xC0}, 10, AddressScope::Private},                    // site-local, RFC 3879
    Block{{0xFC, 0x00}, 7, AddressScope::Private},                     // RFC 4193
    Block{{0x20, 0x00}, 3, AddressScope::Global},                      // global unicast
};

/// The IPv6 blocks that carry an IPv4 address, and its place in them.
struct Carrier {
    Octets base;
    int bits;
    std::size_t offset;
};
constexpr std::array kCarriers{
    Carrier{kMapped, 96, 12},
    Carrier{{0x00, 0x64, 0xFF, 0x9B}, 96, 12},  // NAT64, RFC 6052
    Carrier{{0x20, 0x02}, 16, 2},               // 6to4, RFC 3056
};

AddressScope v4_scope(const Octets& octets) {
    const auto* const block = std::ranges::find_if(kV4Blocks, [&octets](const Block& each) {
        return same_prefix(octets, each.base, each.bits);
    });
    return block == kV4Blocks.end() ? AddressScope::Global : block->scope;
}

AddressScope v6_scope(const Octets& octets) {
    for (const Carrier& carrier : kCarriers) {
        if (same_prefix(octets, carrier.base, carrier.bits)) {
            return v4_scope(v4_at(octets, carrier.offset));
        }
    }
    const auto* const block = std::ranges::find_if(kV6Blocks, [&octets](const Block& each) {
        return same_prefix(octets, each.base, each.bits);
    });
    return block == kV6Blocks.end() ? AddressScope::Special : block->scope;
}

/// A decimal octet. Leading zeros are refused, since some programs read them as octal.
std::optional<std::uint8_t> parse_octet(std::string_view text) {
    const auto number = core::parse_decimal(text);
    if (!number.has_value() || *number > 0xFF || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(*number);
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
    const auto pieces = core::split(text, '.');
    std::array<std::uint8_t, 4> octets{};
    if (pieces.size() != octets.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const auto octet = parse_octet(pieces[i]);
        if (!octet.has_value()) {
            return std::nullopt;
        }
        octets.at(i) = *octet;
    }
    return octets;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
    if (text.empty() || text.size() > 4) {
        return std::nullopt;
    }
    unsigned number = 0;
    for (const char c : text) {
        const char lower = core::ascii_lower(c);
        if (core::is_ascii_digit(lower)) {
            number = number * 16 + static_cast<unsigned>(lower - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            number = number * 16 + static_cast<unsigned>(lower - 'a') + 10;
        } else {
            return std::nullopt;
        }
    }
    return static_cast<std::uint16_t>(number);
}

/// Adds the groups of a text without "::"; the last piece may be a dotted quad. False when the text
/// is wrong or there are too many groups.
bool append_groups(Groups& groups, std::string_view text, bool quad_allowed) {
    if (text.empty()) {
        return true;
    }
    const auto pieces = core::split(text, ':');
    if (pieces.size() > kGroups) {
        return false;
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (quad_allowed && i + 1 == pieces.size() && pieces[i].contains('.')) {
            const auto quad = parse_v4(pieces[i]);
            if (!quad.has_value() || groups.size() + 2 > kGroups) {
                return false;
            }
            groups.push_back(static_cast<std::uint16_t>(((*quad)[0] << 8) | (*quad)[1]));
            groups.push_back(static_cast<std::uint16_t>(((*quad)[2] << 8) | (*quad)[3]));
            continue;
        }
        const auto group = parse_group(pieces[i]);
        if (!group.has_value() || groups.size() == kGroups) {
            return false;
        }
        groups.push_back(*group);
    }
    return true;
}

Octets octets_of(const Groups& head, const Groups& tail) {
    Octets octets{};
    const auto put = [&octets](std::size_t at, std::uint16_t group) {
        octets.at(2 * at) = static_cast<std::uint8_t>(group >> 8);
        octets.at((2 * at) + 1) = static_cast<std::uint8_t>(group & 0xFF);
    };
    for (std::size_t i = 0; i < head.size(); ++i) {
        put(i, head[i]);
    }
    for (std::size_t i = 0; i < tail.size(); ++i) {
        put(kGroups - tail.size() + i, tail[i]);
    }
    return octets;
}

/// RFC 4291 section 2.2.
std::optional<Octets> parse_v6(std::string_view text) {
    const std::size_t gap = text.find("::");
    Groups head;
    Groups tail;
    if (gap == std::string_view::npos) {
        if (!append_groups(head, text, true) || head.size() != kGroups) {
            return std::nullopt;
        }
        return octets_of(head, tail);
    }
    if (!append_groups(head, text.substr(0, gap), false) ||
        !append_groups(tail, text.substr(gap + 2), true) || head.size() + tail.size() >= kGroups) {
        return std::nullopt;
    }
    return octets_of(head, tail);
}

struct Run {
    std::size_t start = 0;
    std::size_t length = 0;
};

/// The longest run of zero groups, the first among equals.
Run longest_zero_run(const std::array<std::uint16_t, kGroups>& groups) {
    Run longest;
    Run current;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (groups.at(i) != 0) {
            current = Run{};
            continue;
        }
        current = current.length == 0 ? Run{.start = i, .length = 1}
                                      : Run{.start = current.start, .length = current.length + 1};
        if (current.length > longest.length) {
            longest = current;
        }
    }
    return longest;
}

std::string v4_text(const Octets& octets) {
    return fmt::format("{}.{}.{}.{}", octets[0], octets[1], octets[2], octets[3]);
}

/// RFC 5952 section 4: lower case, no leading zeros, "::" for the longest run of two groups or
/// more.
std::string v6_text(const Octets& octets) {
    if (is_mapped(octets)) {
        return "::ffff:" + v4_text(v4_at(octets, 12));
    }
    std::array<std::uint16_t, kGroups> groups{};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups.at(i) = static_cast<std::uint16_t>((octets.at(2 * i) << 8) | octets.at((2 * i) + 1));
    }
    const Run run = longest_zero_run(groups);
    std::string text;
    for (std::size_t i = 0; i < groups.size();) {
        if (run.length >= 2 && i == run.start) {
            text += "::";
            i += run.length;
            continue;
        }
        if (!text.empty() && !text.ends_with(':')) {
            text += ':';
        }
        text += fmt::format("{:x}", groups.at(i));
        ++i;
    }
    return text;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (!text.contains(':')) {
        const auto v4 = parse_v4(text);
        return v4.has_value() ? std::optional(from_v4(*v4)) : std::nullopt;
    }
    const auto v6 = parse_v6(text);
    return v6.has_value() ? std::optional(from_v6(*v6)) : std::nullopt;
}

IpAddress IpAddress::from_v4(std::array<std::uint8_t, 4> octets) {
    Octets padded{};
    std::ranges::copy(octets, padded.begin());
    return {true, padded};
}

IpAddress IpAddress::from_v6(std::array<std::uint8_t, 16> octets) {
    return {false, octets};
}

AddressScope IpAddress::scope() const {
    return v4_ ? v4_scope(octets_) : v6_scope(octets_);
}

std::string IpAddress::text() const {
    return v4_ ? v4_text(octets_) : v6_text(octets_);
}

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base.has_value()) {
        return std::nullopt;
    }
    const int most = base->is_v4() ? kV4Bits : kV6Bits;
    if (slash == std::string_view::npos) {
        return Network(*base, most);
    }
    const auto bits = core::parse_decimal(text.substr(slash + 1));
    if (!bits.has_value() || *bits > static_cast<std::uint64_t>(most)) {
        return std::nullopt;
    }
    const int prefix = static_cast<int>(*bits);
    for (int bit = prefix; bit < most; ++bit) {
        const auto at = static_cast<std::size_t>(bit) / 8;
        if ((base->octets().at(at) & (0x80U >> (static_cast<unsigned>(bit) % 8U))) != 0) {
            return std::nullopt;
        }
    }
    return Network(*base, prefix);
}

bool Network::contains(const IpAddress& address) const {
    const bool inside = !address.is_v4() && is_mapped(address.octets()) && base_.is_v4();
    if (inside) {
        return same_prefix(v4_at(address.octets(), 12), base_.octets(), prefix_);
    }
    return address.is_v4() == base_.is_v4() &&
           same_prefix(address.octets(), base_.octets(), prefix_);
}

std::string Network::text() const {
    const int most = base_.is_v4() ? kV4Bits : kV6Bits;
    return prefix_ == most ? base_.text() : fmt::format("{}/{}", base_.text(), prefix_);
}

}  // namespace holdback::mail
