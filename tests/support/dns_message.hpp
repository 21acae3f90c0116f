// SPDX-License-Identifier: Apache-2.0
#pragma once
// DNS messages put together octet by octet, right or wrong.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::support {

using Octets = std::vector<std::uint8_t>;

inline constexpr std::uint16_t kTypeA = 1;
inline constexpr std::uint16_t kTypeNs = 2;
inline constexpr std::uint16_t kTypeCname = 5;
inline constexpr std::uint16_t kTypeSoa = 6;
inline constexpr std::uint16_t kTypeMx = 15;
inline constexpr std::uint16_t kTypeAaaa = 28;

/// Flags of a response from a recursive server: QR, RD, RA; the response code is added.
inline constexpr std::uint16_t kResponse = 0x8180;
inline constexpr std::uint16_t kTruncated = 0x0200;
inline constexpr std::uint16_t kAuthentic = 0x0020;

/// The octets of hexadecimal text; spaces are left out.
[[nodiscard]] Octets octets_of(std::string_view hex);
/// A name without compression; "." is the root.
[[nodiscard]] Octets name_octets(std::string_view name);
[[nodiscard]] Octets number_octets(std::uint16_t number);
[[nodiscard]] Octets mx_data(std::uint16_t preference, std::string_view exchange);
/// SOA data with the given minimum field.
[[nodiscard]] Octets soa_data(std::uint32_t minimum);

/// A message with one question; records are appended in the order of the sections.
class DnsMessage {
public:
    DnsMessage(std::uint16_t id, std::uint16_t flags, std::string_view name, std::uint16_t type);

    DnsMessage& answer(std::string_view owner,
                       std::uint16_t type,
                       const Octets& data,
                       std::uint32_t ttl = 300);
    DnsMessage& authority(std::string_view owner,
                          std::uint16_t type,
                          const Octets& data,
                          std::uint32_t ttl = 300);
    /// Octets at the end that belong to no record.
    DnsMessage& raw(const Octets& octets);
    /// Adds to the number of answers that the header tells.
    DnsMessage& claim_answers(std::uint16_t count);

    [[nodiscard]] Octets octets() const;

private:
    void record(std::string_view owner, std::uint16_t type, const Octets& data, std::uint32_t ttl);

    std::uint16_t id_;
    std::uint16_t flags_;
    std::uint16_t answers_ = 0;
    std::uint16_t authorities_ = 0;
    Octets body_;
};

/// What a server sees of a query.
struct DnsQueryView {
    std::uint16_t id = 0;
    std::string name;  ///< lower case, without trailing dot
    std::uint16_t type = 0;
    bool edns = false;
    bool tcp = false;
    Octets octets;
};

/// Reads a well-formed query.
[[nodiscard]] DnsQueryView view_query(const Octets& octets);

}  // namespace holdback::support
