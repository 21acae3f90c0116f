// SPDX-License-Identifier: Apache-2.0
#include "milter/session/mta_facts.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "outbound/direction.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdback::milter::session {

namespace {

bool has_smtputf8(const std::vector<std::string>& arguments) {
    return std::ranges::any_of(arguments, [](std::string_view argument) {
        return core::equals_ignoring_case(argument, "SMTPUTF8");
    });
}

/// The envelope sender of a MAIL argument.
mail::EnvelopeSender sender_of(const mail::Path& path, mail::Smtputf8 utf8) {
    if (path.mailbox.empty()) {
        return mail::NullSender{};
    }
    if (auto parsed = mail::Address::parse(path.mailbox, utf8); parsed.has_value()) {
        return std::move(parsed->value);
    }
    return path.mailbox;
}

/// False for mail that has no brackets, a queue id already at MAIL (Postfix gives it to smtpd's
/// clients later), and no TCP port.
bool came_over_smtp(const ConnectFacts& connection, const MailFacts& facts, mail::PathForm form) {
    const bool no_port = connection.daemon_port.empty() || connection.daemon_port == "0";
    return form == mail::PathForm::Bracketed || facts.queue_id.empty() || !no_port;
}

/// Postfix sends its notices to the postmaster from this mailbox.
bool is_own_notice(const mail::EnvelopeSender& sender) {
    const auto* address = std::get_if<mail::Address>(&sender);
    return address != nullptr && core::equals_ignoring_case(address->local_part(), "double-bounce");
}

}  // namespace

BegunMessage begin_message(const ConnectFacts& connection,
                           const MailFacts& facts,
                           const config::OutgoingSettings& settings) {
    BegunMessage begun;
    mail::Envelope& envelope = begun.envelope;
    envelope.sender_verbatim = facts.path;
    envelope.sender_arguments = facts.arguments;
    envelope.queue_id = facts.queue_id;
    const auto path = mail::parse_path(facts.path);
    const mail::PathForm form = path.has_value() ? path->form : mail::PathForm::Bracketed;
    const bool over_smtp = came_over_smtp(connection, facts, form);
    // Mail by sendmail(1) has no arguments: Postfix finds out itself that it needs SMTPUTF8.
    envelope.utf8 =
        !over_smtp || has_smtputf8(facts.arguments) ? mail::Smtputf8::Yes : mail::Smtputf8::No;
    if (path.has_value()) {
        envelope.sender = sender_of(*path, envelope.utf8);
    } else {
        envelope.sender = facts.path;
    }
    begun.who = {.session_id = {},
                 .user = facts.user,
                 .logged_in = !facts.user.empty(),
                 .daemon = connection.daemon_name,
                 .mta_name = connection.mta_name,
                 .client = connection.address,
                 .client_text = connection.client,
                 .client_name = connection.client_name,
                 .over_smtp = over_smtp,
                 .before = {},
                 .entered_from = std::nullopt};
    if (outbound::is_outgoing(begun.who.origin(), envelope.sender, settings)) {
        envelope.direction = mail::Direction::Outgoing;
    } else {
        envelope.direction =
            begun.who.over_smtp ? mail::Direction::Inbound : mail::Direction::OwnBounce;
    }
    begun.own_notice = !begun.who.over_smtp && is_own_notice(envelope.sender);
    return begun;
}

mail::RecipientSyntax syntax_of(std::string_view argument, mail::Smtputf8 utf8) {
    auto path = mail::parse_path(argument);
    if (!path.has_value()) {
        return std::unexpected(path.error());
    }
    return mail::Address::parse(path->mailbox, utf8);
}

}  // namespace holdback::milter::session
