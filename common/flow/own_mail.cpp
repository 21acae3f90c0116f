// SPDX-License-Identifier: Apache-2.0
#include "flow/own_mail.hpp"

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/held.hpp"
#include "outbound/return_dsn.hpp"

#include <array>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::flow {

core::Result<ports::NewHold, std::string> OwnMail::write_return_dsn(outbound::ReturnDsnFacts facts,
                                                                    std::string_view key) {
    facts.now = clock_.now();
    facts.reporting_mta = host_name_;
    const std::array<std::string_view, 2> pieces{"return-dsn", key};
    const std::string fingerprint = core::digest_hex(pieces);
    facts.unique = fingerprint.substr(0, 32);
    const std::string message = outbound::compose_return_dsn(facts);

    auto writer = spool_.begin();
    if (!writer.has_value()) {
        return std::unexpected(writer.error().what);
    }
    if (auto appended = (*writer)->append(message); !appended.has_value()) {
        return std::unexpected(appended.error().what);
    }
    auto spool_id = (*writer)->commit();
    if (!spool_id.has_value()) {
        return std::unexpected(spool_id.error().what);
    }

    ports::NewHold own;
    mail::HeldMessage& row = own.message;
    row.spool_id = *spool_id;
    row.kind = mail::HeldKind::Own;
    if (core::has_non_ascii(message)) {
        row.sender_arguments = {"BODY=8BITMIME"};
    }
    if (core::has_non_ascii(facts.sender)) {
        row.sender_arguments.emplace_back("SMTPUTF8");
    }
    row.fingerprint = fingerprint;
    row.octets = message.size();
    row.held_at = facts.now;
    mail::HeldRecipient& recipient = own.recipients.emplace_back();
    recipient.address = facts.sender;
    // Nobody is told about a DSN that can't be delivered.
    recipient.arguments = {"NOTIFY=NEVER"};
    recipient.finding = "none";
    recipient.reason = "a DSN made by Holdback on its way to the MTA";
    recipient.release_at = facts.now;
    recipient.changed_at = facts.now;
    return own;
}

void OwnMail::drop(const ports::NewHold& own) {
    static_cast<void>(spool_.remove(own.message.spool_id));
}

}  // namespace holdback::flow
