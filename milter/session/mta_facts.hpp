// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts from the MTA about a connection and an envelope, and what follows from them. Pure.

#include "config/settings.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::session {

/// The MTA's facts when a client connects.
struct ConnectFacts {
    std::string client;  ///< address text, for logs
    std::optional<mail::IpAddress> address;
    std::string client_name;  ///< host name, when the MTA has verified it
    std::string daemon_name;  ///< {daemon_name}
    std::string daemon_port;  ///< {daemon_port}; "0" for mail that did not come over SMTP
    std::string mta_name;     ///< {j}
};

/// The MTA's facts at MAIL.
struct MailFacts {
    std::string path;  ///< the argument, verbatim
    std::vector<std::string> arguments;
    std::string user;      ///< {auth_authen}
    std::string queue_id;  ///< {i}; Postfix gives it here only for mail that did not come over SMTP
};

/// The MTA's facts at RCPT.
struct RcptFacts {
    std::string path;
    std::vector<std::string> arguments;
    std::string mailer;    ///< {rcpt_mailer}
    std::string next_hop;  ///< {rcpt_host}
};

/// A message as MAIL begins it. The envelope has its direction and no recipients yet; `who` is
/// filled in except for `session_id`.
struct BegunMessage {
    mail::Envelope envelope;
    flow::Submitting who;
    /// A notice of the MTA itself to the postmaster; it is left alone.
    bool own_notice = false;
};

[[nodiscard]] BegunMessage begin_message(const ConnectFacts& connection,
                                         const MailFacts& facts,
                                         const config::OutgoingSettings& settings);

/// Parses the argument of RCPT.
[[nodiscard]] mail::RecipientSyntax syntax_of(std::string_view argument, mail::Smtputf8 utf8);

}  // namespace holdback::milter::session
