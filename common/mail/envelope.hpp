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

/// The envelope sender: null, an address, or a text that is not an address (kept unchanged).
using EnvelopeSender = std::variant<NullSender, Address, std::string>;

/// The result of parsing one recipient's text.
using RecipientSyntax = core::Result<Parsed<Address>, SyntaxError>;

struct Recipient {
    /// The RCPT argument exactly as the MTA gave it: a recipient can be deleted by this spelling
    /// only.
    std::string verbatim;
    RecipientSyntax syntax;
    /// ESMTP arguments, e.g. "NOTIFY=FAILURE", "ORCPT=rfc822;a@b".
    std::vector<std::string> arguments;
    /// The MTA's {rcpt_mailer} macro, e.g. "smtp", "local"; empty when not given.
    std::string mailer;
    /// The MTA's {rcpt_host} macro, to which it hands the mail: the domain itself, or a next hop
    /// from its configuration, "[192.0.2.1]:25"; empty when not given.
    std::string next_hop;
    /// The message was judged for this recipient minutes ago, and passes once more.
    bool judged = false;
    /// The message was judged for this recipient long ago, and is still on its way. It is judged by
    /// what is known now, but is not counted once more.
    bool on_its_way = false;

    /// True when the message comes for this recipient for the first time.
    [[nodiscard]] bool is_counted() const;
    /// The mailbox for people and stores: canonical where it parses, else the text without
    /// brackets.
    [[nodiscard]] std::string shown() const;
    /// The mailbox in its original spelling, without brackets and source route.
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
    /// The number of recipients who are not yet `judged`.
    [[nodiscard]] std::size_t recipients_to_judge() const;
    /// The number of recipients for whom the message comes for the first time.
    [[nodiscard]] std::size_t recipients_to_count() const;
    /// The envelope id (ENVID, RFC 3461 section 4.4) from the client, in its original spelling.
    [[nodiscard]] std::optional<std::string> envelope_id() const;
};

[[nodiscard]] std::string_view wire_name(Direction direction);

}  // namespace holdback::mail
