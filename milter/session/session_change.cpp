// SPDX-License-Identifier: Apache-2.0
// What a session changes in a message: recipients, tags, the seal, fields that are reserved.

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "dsn/tag.hpp"
#include "flow/incoming/inbound_flow.hpp"
#include "flow/incoming/leave_address.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/waiting_room.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::session {

SessionReply Session::delete_recipients(MtaActions& mta,
                                        const std::vector<std::string>& recipients) {
    for (const std::string& verbatim : recipients) {
        if (!mta.delete_recipient(verbatim)) {
            trouble(ports::Severity::Error,
                    fmt::format("the MTA did not take the deletion of {}: the message is deferred, "
                                "its recipients stay held",
                                core::log_safe(verbatim)));
            return error_reply(config::ErrorAnswer::Tempfail);
        }
    }
    return Accept{};
}

void Session::finish_inbound(MtaActions& mta) {
    const config::Settings& settings = message_->snapshot->settings;
    const WaitingRoom::Seat seat = parts_.waiting.take(settings.milter.max_waiting);
    // Without a seat it goes by what DNS has said already.
    const std::chrono::milliseconds patience = seat.is_taken()
                                                   ? std::chrono::milliseconds(settings.dns.budget)
                                                   : std::chrono::milliseconds(0);
    const dsn::TagPlan plan = parts_.inbound.receive(message_->who,
                                                     message_->envelope,
                                                     message_->headers,
                                                     message_->octets,
                                                     patience,
                                                     *message_->snapshot);
    if (settings.mode == config::Mode::Shadow) {
        return;
    }
    for (const dsn::RemovedField& field : plan.removed) {
        if (!mta.remove_header(field.name, static_cast<int>(field.index))) {
            trouble(ports::Severity::Warning, "the MTA did not take the removal of a header field");
        }
    }
    for (const dsn::AddedField& field : plan.added) {
        if (!mta.add_header(field.name, field.value)) {
            trouble(ports::Severity::Warning, "the MTA did not take a header field");
        }
    }
}

void Session::remove_fields(MtaActions& mta, std::string_view wanted) {
    for (auto left = static_cast<int>(message_->headers.count(wanted)); left > 0; --left) {
        if (!mta.remove_header(wanted, left)) {
            trouble(ports::Severity::Warning, "the MTA did not take the removal of a header field");
        }
    }
}

void Session::remove_reserved_fields(MtaActions& mta, std::string_view kept) {
    std::vector<std::string_view> names;
    for (const mail::HeaderField& field : message_->headers.fields()) {
        const bool is_known = std::ranges::any_of(names, [&](std::string_view name) {
            return core::equals_ignoring_case(name, field.name);
        });
        if (dsn::is_reserved_field(field.name) && !is_known &&
            !core::equals_ignoring_case(field.name, kept)) {
            names.emplace_back(field.name);
        }
    }
    for (const std::string_view name : names) {
        remove_fields(mta, name);
    }
}

void Session::remove_worn_seals(MtaActions& mta) {
    const std::vector<std::string> seals = message_->headers.all(dsn::kSealField);
    std::size_t kept = 0;
    std::vector<int> worn;
    for (std::size_t i = 0; i < seals.size(); ++i) {
        if (kept < kMostForeignSeals && parts_.seals.is_foreign(seals[i])) {
            ++kept;
        } else {
            worn.push_back(static_cast<int>(i) + 1);
        }
    }
    // From the last on, so that the numbers of the others stay true.
    for (const int number : std::views::reverse(worn)) {
        if (!mta.remove_header(dsn::kSealField, number)) {
            trouble(ports::Severity::Warning, "the MTA did not take the removal of a header field");
        }
    }
}

bool Session::is_tagged() const {
    return message_->snapshot->settings.policy.tag_header && !message_->decision->plan.tags.empty();
}

void Session::add_tag(MtaActions& mta) {
    if (!is_tagged()) {
        return;
    }
    const std::vector<std::string>& tags = message_->decision->plan.tags;
    if (!mta.add_header(kTagField, fmt::format("{}", fmt::join(tags, ", ")))) {
        trouble(ports::Severity::Warning, "the MTA did not take a header field");
    }
}

void Session::leave(MtaActions* mta, std::span<const std::size_t> positions) {
    const config::Settings& settings = message_->snapshot->settings;
    parts_.judged_before.left(message_->envelope, message_->headers, positions);
    const auto seal = parts_.seals.leave(
        message_->who, message_->envelope, message_->headers, positions, settings);
    if (mta == nullptr) {
        return;
    }
    remove_worn_seals(*mta);
    if (!seal.has_value()) {
        return;
    }
    if (message_->decision != nullptr) {
        add_unsubscribe(*mta, positions);
    }
    // At the top, where it survives when only the first lines of a header are returned.
    if (!mta->insert_header(dsn::kSealField, seal->field)) {
        trouble(ports::Severity::Warning, "the MTA did not take the seal");
    }
    if (!message_->envelope.envelope_id().has_value() &&
        !mta->set_envelope_id(message_->envelope.sender_verbatim, seal->envelope_id)) {
        trouble(ports::Severity::Warning, "the MTA did not take the envelope id");
    }
}

void Session::add_unsubscribe(MtaActions& mta, std::span<const std::size_t> positions) {
    const auto field = flow::incoming::unsubscribe_field(message_->envelope,
                                                         message_->headers,
                                                         message_->decision->stream,
                                                         positions,
                                                         message_->snapshot->settings,
                                                         parts_.seals.keys());
    if (field.has_value() && !mta.add_header(flow::incoming::kUnsubscribeField, *field)) {
        trouble(ports::Severity::Warning, "the MTA did not take a header field");
    }
}

void Session::leave_to_all(MtaActions* mta) {
    std::vector<std::size_t> all(message_->envelope.recipients.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = i;
    }
    leave(mta, all);
    note_left(all);
}

}  // namespace holdback::milter::session
