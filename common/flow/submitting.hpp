// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who submits a message.

#include "mail/ip_address.hpp"
#include "outbound/direction.hpp"

#include <optional>
#include <string>

namespace holdback::flow {

/// The submitter of a message, by connection and macros.
struct Submitting {
    std::string session_id;
    std::string user;  ///< SASL user or empty
    /// The client has logged in. Behind a proxy the user may be unknown.
    bool logged_in = false;
    std::string daemon;    ///< {daemon_name}
    std::string mta_name;  ///< {j}; empty when not told
    std::optional<mail::IpAddress> client;
    std::string client_text;
    /// The client's host name if the MTA has verified it (the address resolves to the name and the
    /// name to the address); otherwise empty.
    std::string client_name;
    bool over_smtp = true;
    outbound::DialogueSoFar before;  ///< on this connection
    /// For inbound mail that a program of this host submits: the client from which this MTA took it
    /// before, according to the header. Anybody who may submit mail here can write that.
    std::optional<mail::IpAddress> entered_from;

    /// The facts that decide the direction.
    [[nodiscard]] outbound::Origin origin() const {
        return {.user = user, .daemon = daemon, .client = client, .over_smtp = over_smtp};
    }
};

}  // namespace holdback::flow
