// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA tells of a connection and an envelope, and what follows from it: pure.

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

/// What the MTA tells when a client connects.
struct ConnectFacts {
    std::string client;  ///< address text, for logs
    std::optional<mail::IpAddress> address;
    std::string client_name;  ///< host name, when the MTA has verified it
    std::string daemon_name;  ///< {daemon_name}
    std::string daemon_port;  ///< {daemon_port}; "0" for mail that did not come over SMTP
    std::string mta_name;     ///< {j}
};

/// What the MTA tells at MAIL.
struct MailFacts {
    std::string path;  ///< the argument, verbatim
    std::vector<std::string> arguments;
    std::string user;      ///< {auth_authen}
    std::string queue_id;  ///< i; Postfix has it here only for mail that did not come over SMTP
};

/// What the MTA tells at RCPT.
struct RcptFacts {
    std::string path;
    std::vector<std::string> arguments;
    std::string mailer;    ///< {rcpt_mailer}
    std::string next_hop;  ///< {rcpt_host}
};

/// The envelope of a message as MAIL begins it, with its direction and without recipients; `who` is
/// filled in beside it, `session_id` apart.
struct BegunMessage {
    mail::Envelope envelope;
    flow::Submitting who;
    /// A notice of the MTA's own to the postmaster, which is left alone.
    bool own_notice = false;
};

[[nodiscard]] BegunMessage begin_message(const ConnectFacts& connection,
                                         const MailFacts& facts,
                                         const config::OutgoingSettings& settings);

/// What one recipient's text turned out to be.
[[nodiscard]] mail::RecipientSyntax syntax_of(std::string_view argument, mail::Smtputf8 utf8);

}  // namespace holdback::milter::session
