// SPDX-License-Identifier: Apache-2.0
#include "milter/session/leaving.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "dsn/tag.hpp"
#include "flow/incoming/leave_address.hpp"
#include "mail/header.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/session_parts.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::session {

namespace {

/// At most this many seals of other systems stay on outgoing mail, so that its bounces prove
/// themselves there. Others are removed.
constexpr std::size_t kMostForeignSeals = 4;

std::vector<std::size_t> all_positions(const SessionMessage& message) {
    std::vector<std::size_t> all(message.mail.envelope.recipients.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = i;
    }
    return all;
}

void note_left_to(const SessionParts& parts,
                  SessionMessage& message,
                  std::span<const std::size_t> positions) {
    if (message.decision != nullptr) {
        parts.outbound.judge.left(message.mail, *message.decision, positions, message.booking);
    }
}

}  // namespace

bool is_tagged(const SessionMessage& message) {
    return message.mail.settings().policy.tag_header && !message.decision->plan.tags.empty();
}

void leave_unchanged(const SessionParts& parts, SessionMessage& message) {
    const std::vector<std::size_t> all = all_positions(message);
    parts.judged_before.left(message.mail.envelope, message.mail.headers, all);
    static_cast<void>(parts.seals.leave(message.mail, all));
    note_left_to(parts, message, all);
}

SessionReply Leaving::delete_recipients(const std::vector<std::string>& recipients) {
    for (const std::string& verbatim : recipients) {
        if (!mta_.delete_recipient(verbatim)) {
            message_.say(
                parts_.log,
                ports::Severity::Error,
                fmt::format("the MTA did not take the deletion of {}: the message is deferred, "
                            "its recipients stay held",
                            core::log_safe(verbatim)));
            return error_reply(config::ErrorAnswer::Tempfail);
        }
    }
    return Accept{};
}

void Leaving::remove_field(std::string_view name, int occurrence) {
    if (!mta_.remove_header(name, occurrence)) {
        say("the MTA did not take the removal of a header field");
    }
}

void Leaving::add_field(std::string_view name, std::string_view value) {
    if (!mta_.add_header(name, value)) {
        say("the MTA did not take a header field");
    }
}

void Leaving::say(std::string_view what) const {
    message_.say(parts_.log, ports::Severity::Warning, what);
}

void Leaving::remove_fields(std::string_view wanted) {
    for (auto left = static_cast<int>(message_.mail.headers.count(wanted)); left > 0; --left) {
        remove_field(wanted, left);
    }
}

void Leaving::remove_reserved_fields(std::string_view kept) {
    std::vector<std::string_view> names;
    for (const mail::HeaderField& field : message_.mail.headers.fields()) {
        const bool is_known = std::ranges::any_of(names, [&](std::string_view name) {
            return core::equals_ignoring_case(name, field.name);
        });
        if (dsn::is_reserved_field(field.name) && !is_known &&
            !core::equals_ignoring_case(field.name, kept)) {
            names.emplace_back(field.name);
        }
    }
    for (const std::string_view name : names) {
        remove_fields(name);
    }
}

void Leaving::change_fields(const dsn::TagPlan& plan) {
    for (const dsn::RemovedField& field : plan.removed) {
        remove_field(field.name, static_cast<int>(field.index));
    }
    for (const dsn::AddedField& field : plan.added) {
        add_field(field.name, field.value);
    }
}

void Leaving::remove_worn_seals() {
    const std::vector<std::string> seals = message_.mail.headers.all(dsn::kSealField);
    std::size_t kept = 0;
    std::vector<int> worn;
    for (std::size_t i = 0; i < seals.size(); ++i) {
        if (kept < kMostForeignSeals && parts_.seals.is_foreign(seals[i])) {
            ++kept;
        } else {
            worn.push_back(static_cast<int>(i) + 1);
        }
    }
    // From the last on, so that the numbers of the others stay right.
    for (const int number : std::views::reverse(worn)) {
        remove_field(dsn::kSealField, number);
    }
}

void Leaving::add_tag() {
    if (is_tagged(message_)) {
        add_field(kTagField, fmt::format("{}", fmt::join(message_.decision->plan.tags, ", ")));
    }
}

void Leaving::leave(std::span<const std::size_t> positions) {
    const flow::PassingMessage& mail = message_.mail;
    parts_.judged_before.left(mail.envelope, mail.headers, positions);
    const auto seal = parts_.seals.leave(mail, positions);
    remove_worn_seals();
    if (!seal.has_value()) {
        return;
    }
    if (message_.decision != nullptr) {
        add_unsubscribe(positions);
    }
    // At the top: it survives there when only the first lines of a header are returned.
    if (!mta_.insert_header(dsn::kSealField, seal->field)) {
        say("the MTA did not take the seal");
    }
    if (!mail.envelope.envelope_id().has_value() &&
        !mta_.set_envelope_id(mail.envelope.sender_verbatim, seal->envelope_id)) {
        say("the MTA did not take the envelope id");
    }
}

void Leaving::leave_to_all() {
    const std::vector<std::size_t> all = all_positions(message_);
    leave(all);
    note_left(all);
}

void Leaving::note_left(std::span<const std::size_t> positions) {
    note_left_to(parts_, message_, positions);
}

void Leaving::add_unsubscribe(std::span<const std::size_t> positions) {
    const auto field = flow::incoming::unsubscribe_field(
        message_.mail, message_.decision->stream, positions, parts_.seals.keys());
    if (field.has_value()) {
        add_field(flow::incoming::kUnsubscribeField, *field);
    }
}

}  // namespace holdback::milter::session
