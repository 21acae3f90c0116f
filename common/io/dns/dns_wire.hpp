// SPDX-License-Identifier: Apache-2.0
#pragma once
// DNS messages: encodes our questions, decodes replies. A codec only: no sockets, no clock.

#include "core/result.hpp"
#include "mail/dns_answer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdback::io::dns {

/// Whether a query carries an OPT record (RFC 6891) that allows replies of 1232 octets.
enum class Edns : std::uint8_t { Off, On };

/// The largest UDP reply that we ask for: it passes every path unfragmented.
inline constexpr std::uint16_t kEdnsOctets = 1232;

/// CNAME records followed within one reply; a longer chain counts as a loop.
inline constexpr std::size_t kMostCnamesInReply = 64;

/// A query of class IN with RD, and with AD so that the resolver tells what it has authenticated
/// (RFC 6840 section 5.7). nullopt when the name does not fit the wire (RFC 1035 section 2.3.4).
[[nodiscard]] std::optional<std::vector<std::uint8_t>> encode_query(
    std::uint16_t id, const mail::DnsQuestion& question, Edns edns);

/// Response codes that we tell apart (RFC 1035, 2136, 6891).
enum class DnsRcode : std::uint8_t {
    NoError,
    FormErr,
    ServFail,
    NxDomain,
    NotImp,
    Refused,
    BadVersion,
    Other,
};

/// What the sections of a reply amount to, whatever its response code.
enum class DnsContent : std::uint8_t {
    Records,      ///< records of the wanted type at the end of the chain
    Negative,     ///< none, and an SOA record that covers `last_name`
    Unfinished,   ///< a CNAME chain whose last name has to be asked for
    CnameLoop,    ///< a CNAME chain that comes back to itself, or is too long
    NoStatement,  ///< a referral, or nothing: says neither yes nor no (RFC 2308 section 2.2)
};

/// A reply to one of our queries.
struct DnsReply {
    DnsRcode rcode = DnsRcode::Other;
    bool truncated = false;
    bool authenticated = false;  ///< the AD bit, for what it is worth
    DnsContent content = DnsContent::NoStatement;
    std::string last_name;         ///< of the CNAME chain; the question's name without one
    std::vector<mail::MxHost> mx;  ///< sorted
    std::vector<mail::IpAddress> addresses;
    /// The least TTL of the records used; for `Negative` that of RFC 2308 section 5; 0 without any.
    std::chrono::seconds ttl{0};
};

enum class ReplyError : std::uint8_t {
    Malformed,  ///< not a DNS message from end to end
    NotOurs,    ///< another id or question, or no response
};

/// Parses octets from the network as the reply to the query (`id`, `asked`). The reply must repeat
/// the question, its name compared without case; a FORMERR may lack it.
[[nodiscard]] core::Result<DnsReply, ReplyError> parse_reply(std::span<const std::uint8_t> octets,
                                                             std::uint16_t id,
                                                             const mail::DnsQuestion& asked);

}  // namespace holdback::io::dns
