// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads how a message came to this host from the trace fields that each host on its way added on
// top (RFC 5321 section 4.4).

#include "mail/header.hpp"
#include "mail/ip_address.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// The content of one Received field. Each part may be absent, and is only as credible as the host
/// that wrote it.
struct ReceivedHop {
    /// The client's address as the host saw it. The client's own claim counts only if there is
    /// nothing else.
    std::optional<mail::IpAddress> from;
    std::string by;
    std::string with;  ///< the protocol, in upper case: "ESMTPSA"
    std::string id;    ///< the queue id
    /// The user who logged in, if Postfix records it (smtpd_sasl_authenticated_header).
    std::string user;

    bool operator==(const ReceivedHop&) const = default;
};

/// Reads the forms of Postfix, Sendmail, Exim, qmail, Exchange, fetchmail and webmail. It never
/// fails, and is linear in the length of the field.
[[nodiscard]] ReceivedHop parse_received(std::string_view value);

/// Where a message entered our hosts.
struct Entry {
    enum class From : std::uint8_t {
        Here,     ///< no sign of another host: a program of this host made it
        Own,      ///< a client that logged in, one of our hosts, or a person at a webmail
        Outside,  ///< any other client
    };

    From from = From::Here;
    bool by_us = false;  ///< this MTA took it on its way, not only a program beside it
    bool login = false;  ///< the client logged in, according to the host that took the message
    /// It has not been in a queue of this MTA since. A proxy stands before the queue, so the
    /// envelope is still the original one.
    bool before_queue = false;
    std::optional<mail::IpAddress> address;  ///< of the client, unless `from` is `Here`
    std::string user;                        ///< who logged in, if recorded

    bool operator==(const Entry&) const = default;
};

/// Reads the trace fields from the top down to the first with a client that is not ours, or that
/// logged in at this MTA or at one of our hosts. `own_names` are the MTA's names for itself,
/// `networks` those of its own clients. A host in `networks` is ours: mail that it got from a
/// stranger came from outside, and its word on a login counts.
[[nodiscard]] Entry entry_of(const mail::HeaderList& headers,
                             std::span<const std::string> own_names,
                             std::span<const mail::Network> networks);

/// The queue ids in the topmost `most` trace fields.
[[nodiscard]] std::vector<std::string> trace_ids(const mail::HeaderList& headers,
                                                 std::size_t most = 16);

}  // namespace holdback::outbound
