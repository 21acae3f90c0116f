// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who submits a message.

#include "mail/ip_address.hpp"
#include "outbound/direction.hpp"

#include <optional>
#include <string>

namespace holdback::flow {

/// Who submits a message, by connection and macros.
struct Submitting {
    std::string session_id;
    std::string user;  ///< SASL user or empty
    /// The client has logged in; who that was may not be known, behind a proxy.
    bool logged_in = false;
    std::string daemon;    ///< {daemon_name}
    std::string mta_name;  ///< {j}; empty when not told
    std::optional<mail::IpAddress> client;
    std::string client_text;
    /// The client's host name, when the MTA has verified it (its address has the name and the name
    /// has its address); else empty.
    std::string client_name;
    bool over_smtp = true;
    outbound::DialogueSoFar before;  ///< on this connection
    /// Of inbound mail that a program of this host hands in: the client from which this MTA took it
    /// before, as the header says. Whoever may hand in mail here can write that.
    std::optional<mail::IpAddress> entered_from;
};

}  // namespace holdback::flow
