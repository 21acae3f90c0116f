// SPDX-License-Identifier: Apache-2.0
#include "flow/own_mail.hpp"

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/held.hpp"
#include "outbound/preflight_report.hpp"
#include "outbound/return_dsn.hpp"

#include <array>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::flow {

namespace {

std::string event_digest(std::string_view kind, std::string_view key) {
    const std::array<std::string_view, 2> pieces{kind, key};
    return core::digest_hex(pieces);
}

constexpr std::size_t kUniqueDigits = 32;

}  // namespace

core::Result<void, std::string> OwnMail::send_return_dsn(outbound::ReturnDsnFacts facts,
                                                         std::string_view key) {
    facts.now = clock_.now();
    facts.reporting_mta = host_name_;
    const std::string fingerprint = event_digest("return-dsn", key);
    facts.unique = fingerprint.substr(0, kUniqueDigits);
    return send({.to = facts.sender,
                 .message = outbound::compose_return_dsn(facts),
                 .fingerprint = fingerprint,
                 .what = "a DSN made by Holdback on its way to the MTA"},
                facts.now);
}

core::Result<void, std::string> OwnMail::send_preflight_report(outbound::PreflightFacts facts,
                                                               std::string_view key) {
    facts.now = clock_.now();
    facts.host = host_name_;
    const std::string fingerprint = event_digest("preflight", key);
    facts.unique = fingerprint.substr(0, kUniqueDigits);
    return send({.to = facts.sender,
                 .message = outbound::compose_preflight_report(facts),
                 .fingerprint = fingerprint,
                 .what = "the answer to a preflight on its way to the MTA"},
                facts.now);
}

core::Result<void, std::string> OwnMail::send(Letter letter, core::TimePoint now) {
    auto writer = spool_.begin();
    if (!writer.has_value()) {
        return std::unexpected(writer.error().what);
    }
    if (auto appended = (*writer)->append(letter.message); !appended.has_value()) {
        return std::unexpected(appended.error().what);
    }
    auto spool_id = (*writer)->commit();
    if (!spool_id.has_value()) {
        return std::unexpected(spool_id.error().what);
    }

    mail::HeldMessage row;
    row.spool_id = *spool_id;
    row.kind = mail::HeldKind::Own;
    if (core::has_non_ascii(letter.message)) {
        row.sender_arguments = {"BODY=8BITMIME"};
    }
    if (core::has_non_ascii(letter.to)) {
        row.sender_arguments.emplace_back("SMTPUTF8");
    }
    row.fingerprint = std::move(letter.fingerprint);
    row.octets = letter.message.size();
    row.held_at = now;
    mail::HeldRecipient recipient;
    recipient.address = std::move(letter.to);
    // Nobody is told about mail of ours that can't be delivered.
    recipient.arguments = {"NOTIFY=NEVER"};
    recipient.finding = "none";
    recipient.reason = std::move(letter.what);
    recipient.release_at = now;
    recipient.changed_at = now;
    const std::array recipients{std::move(recipient)};
    const auto outcomes = held_.hold(row, recipients);
    if (!outcomes.has_value()) {
        static_cast<void>(spool_.remove(*spool_id));
        return std::unexpected(outcomes.error().what);
    }
    if (outcomes->front().already_held) {
        static_cast<void>(spool_.remove(*spool_id));
    }
    return {};
}

}  // namespace holdback::flow
