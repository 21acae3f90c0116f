// SPDX-License-Identifier: Apache-2.0
#pragma once
// The envelope of a message as the MTA gave it.

#include "core/result.hpp"
#include "mail/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::mail {

/// Decided once per message, at MAIL.
enum class Direction : std::uint8_t { OwnBounce, Outgoing, Inbound };

/// The envelope sender: null, an address, or a text that is no address (kept as it came).
using EnvelopeSender = std::variant<NullSender, Address, std::string>;

/// What one recipient's text turned out to be.
using RecipientSyntax = core::Result<Parsed<Address>, SyntaxError>;

struct Recipient {
    /// The RCPT argument exactly as the MTA gave it: the only spelling by which it can be deleted.
    std::string verbatim;
    RecipientSyntax syntax;
    /// ESMTP arguments, e.g. "NOTIFY=FAILURE", "ORCPT=rfc822;a@b".
    std::vector<std::string> arguments;
    /// The MTA's {rcpt_mailer} macro, e.g. "smtp", "local"; empty when not told.
    std::string mailer;
    /// The MTA's {rcpt_host} macro, where it hands the mail to: the domain itself, or a next hop
    /// that its configuration names, "[192.0.2.1]:25"; empty when not told.
    std::string next_hop;
    /// The message has been judged for it minutes ago, and comes by for another time.
    bool judged = false;
    /// The message has been judged for it long ago, and is still on its way: it is judged by what
    /// is known now, but is no other message than the one that was counted then.
    bool on_its_way = false;

    /// True when the message comes for it for the first time.
    [[nodiscard]] bool is_counted() const;
    /// The mailbox for people and stores: canonical where it parses, else the text without
    /// brackets.
    [[nodiscard]] std::string shown() const;
    /// The mailbox in the spelling that came, without brackets and source route.
    [[nodiscard]] std::string as_given() const;
};

struct Envelope {
    EnvelopeSender sender = NullSender{};
    /// The MAIL argument exactly as the MTA gave it.
    std::string sender_verbatim;
    std::vector<std::string> sender_arguments;
    std::vector<Recipient> recipients;
    std::string queue_id;
    Direction direction = Direction::Inbound;
    Smtputf8 utf8 = Smtputf8::No;

    /// The sender as text without brackets; "" for the null sender.
    [[nodiscard]] std::string sender_text() const;
    /// How many recipients have not been judged before.
    [[nodiscard]] std::size_t recipients_to_judge() const;
    /// To how many the message comes for the first time.
    [[nodiscard]] std::size_t recipients_to_count() const;
    /// The envelope id (ENVID, RFC 3461 section 4.4) that the client gave, as it was written.
    [[nodiscard]] std::optional<std::string> envelope_id() const;
};

[[nodiscard]] std::string_view wire_name(Direction direction);

}  // namespace holdback::mail
