// SPDX-License-Identifier: Apache-2.0
#include "flow/own_mail.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "flow/own_dsn_marks.hpp"
#include "letters/return_dsn.hpp"
#include "outbound/preflight_report.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::flow {

namespace {

constexpr std::size_t kUniqueDigits = 32;

std::string event_digest(std::string_view kind, std::string_view key) {
    const std::array<std::string_view, 2> pieces{kind, key};
    return core::digest_hex(pieces);
}

}  // namespace

core::Result<ports::NewHold, std::string> OwnMail::prepare(const OwnMessage& message) {
    auto writer = spool_.begin();
    if (!writer.has_value()) {
        return std::unexpected(writer.error().what);
    }
    if (auto appended = (*writer)->append(message.octets); !appended.has_value()) {
        return std::unexpected(appended.error().what);
    }
    const core::TimePoint now = clock_.now();
    ports::NewHold rows;
    rows.message.kind = terms::HeldKind::Own;
    if (core::has_non_ascii(message.octets)) {
        rows.message.sender_arguments = {"BODY=8BITMIME"};
    }
    if (std::ranges::any_of(message.to,
                            [](std::string_view to) { return core::has_non_ascii(to); })) {
        rows.message.sender_arguments.emplace_back("SMTPUTF8");
    }
    if (message.require_tls) {
        rows.message.sender_arguments.emplace_back("REQUIRETLS");
    }
    rows.message.fingerprint = message.fingerprint;
    rows.message.held_at = now;
    for (const std::string& to : message.to) {
        terms::HeldRecipient recipient;
        recipient.address = to;
        recipient.arguments = {"NOTIFY=NEVER"};
        recipient.reason = message.what;
        recipient.release_at = now;
        recipient.changed_at = now;
        rows.recipients.push_back(std::move(recipient));
    }
    auto kept = (*writer)->commit(std::move(rows.message), rows.recipients);
    if (!kept.has_value()) {
        return std::unexpected(kept.error().what);
    }
    rows.message = *std::move(kept);
    return rows;
}

void OwnMail::drop(const ports::NewHold& rows) {
    // If the file stays, the next start sets it aside, since no row names it.
    static_cast<void>(spool_.remove(rows.message.spool_id));
}

core::Result<ports::NewHold, std::string> OwnMail::write_return_dsn(letters::ReturnDsnFacts facts,
                                                                    std::string_view key) {
    facts.now = clock_.now();
    facts.reporting_mta = host_name();
    const std::string fingerprint = event_digest("return-dsn", key);
    facts.unique = fingerprint.substr(0, kUniqueDigits);
    facts.marks = own_dsn_marks(facts, *snapshots_.current());
    return prepare({.to = {facts.sender},
                    .octets = letters::compose_return_dsn(facts),
                    .require_tls = facts.require_tls,
                    .what = "a DSN made by Holdback on its way to the MTA",
                    .fingerprint = fingerprint});
}

core::Result<void, std::string> OwnMail::send(const OwnMessage& message) {
    const auto rows = prepare(message);
    if (!rows.has_value()) {
        return std::unexpected(rows.error());
    }
    const auto outcomes = ports::hold(held_, rows->message, rows->recipients);
    if (!outcomes.has_value()) {
        drop(*rows);
        return std::unexpected(outcomes.error().what);
    }
    if (outcomes->front().already_held) {
        drop(*rows);
    }
    return {};
}

core::Result<void, std::string> OwnMail::send_preflight_report(outbound::PreflightFacts facts,
                                                               std::string_view key) {
    facts.now = clock_.now();
    facts.host = host_name();
    const std::string fingerprint = event_digest("preflight", key);
    facts.unique = fingerprint.substr(0, kUniqueDigits);
    return send({.to = {facts.sender},
                 .octets = outbound::compose_preflight_report(facts),
                 .what = "the answer to a preflight on its way to the MTA",
                 .fingerprint = fingerprint});
}

}  // namespace holdback::flow
