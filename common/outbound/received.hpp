// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a message came to this host, by the trace fields that each host on its way put on top
// (RFC 5321 section 4.4).

#include "mail/header.hpp"
#include "mail/ip_address.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// What one Received field says. Each part may be absent; none of it is proven but by who wrote it.
struct ReceivedHop {
    /// The client's address as the host saw it; what the client said of itself counts only where
    /// nothing else stands.
    std::optional<mail::IpAddress> from;
    std::string by;
    std::string with;  ///< the protocol, in upper case: "ESMTPSA"
    std::string id;    ///< the queue id
    /// Who has logged in, where Postfix says it (smtpd_sasl_authenticated_header).
    std::string user;

    bool operator==(const ReceivedHop&) const = default;
};

/// Reads the forms of Postfix, Sendmail, Exim, qmail, Exchange, fetchmail and webmail. Whatever is
/// in the field, there is an answer; linear in its length.
[[nodiscard]] ReceivedHop parse_received(std::string_view value);

/// Where a message entered this host.
struct Entry {
    enum class From : std::uint8_t {
        Here,     ///< nothing says that it came from elsewhere: a program of this host made it
        Own,      ///< a client that logged in, a host of ours, or a person at a web mail
        Outside,  ///< anybody
    };

    From from = From::Here;
    bool by_us = false;  ///< this MTA took it on its way, and not only a program beside it
    bool login = false;  ///< the client had logged in, as whoever took it says
    /// It has been in no queue of this MTA since: a proxy stands before the queue, so the envelope
    /// is still the one with which it came.
    bool before_queue = false;
    std::optional<mail::IpAddress> address;  ///< of the client, where it was not here
    std::string user;                        ///< who has logged in, where that is said

    bool operator==(const Entry&) const = default;
};

/// Reads the trace fields from the top down to the first that names a client who is not of our own,
/// or one that logged in at this MTA or at a host of ours. `own_names` are the names by which the
/// MTA calls itself, `networks` those of its own clients. A host in these is one of ours: what it
/// got from a stranger came from outside, and its word on a login counts.
[[nodiscard]] Entry entry_of(const mail::HeaderList& headers,
                             std::span<const std::string> own_names,
                             std::span<const mail::Network> networks);

/// The queue ids in the topmost trace fields, at most `most` of them.
[[nodiscard]] std::vector<std::string> trace_ids(const mail::HeaderList& headers,
                                                 std::size_t most = 16);

}  // namespace holdback::outbound
