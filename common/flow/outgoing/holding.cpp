// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/holding.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "flow/held/auto_release.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "flow/spool_room.hpp"
#include "flow/submitting.hpp"
#include "flow/whole_message.hpp"
#include "letters/notice.hpp"
#include "letters/return_dsn.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/fingerprint.hpp"
#include "outbound/plan.hpp"
#include "outbound/verdict.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "report/rate_limit.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

/// When held mail of a deferred recipient is first tried again.
constexpr std::chrono::minutes kDeferTime{15};

CommitTrouble spool_trouble(std::string what) {
    return {.where = CommitTrouble::Where::Spool, .what = std::move(what)};
}

CommitTrouble store_trouble(std::string what) {
    return {.where = CommitTrouble::Where::Store, .what = std::move(what)};
}

terms::HeldRecipient held_row(const mail::Recipient& recipient,
                              const outbound::Verdict& verdict,
                              core::TimePoint now,
                              const config::HoldSettings& settings) {
    terms::HeldRecipient row;
    row.address = recipient.as_given();
    row.arguments = recipient.arguments;
    if (verdict.finding.has_value()) {
        row.finding = verdict.finding->name;
        row.code = verdict.finding->code.value_or(terms::kUnknownFailure);
        row.reason = verdict.finding->reason;
        row.advice = verdict.finding->advice;
        row.suggestion = verdict.finding->suggestion;
    }
    row.changed_at = now;
    row.expires_at = now + settings.expire_after;
    row.in_doubt = true;
    if (verdict.finding.has_value() && held::cause_can_go(verdict.finding->name)) {
        row.recheck_at = now + held::kFirstRecheck;
    }
    return row;
}

bool is_held_by_limit(const outbound::Verdict& verdict) {
    return verdict.finding.has_value() && verdict.finding->name == terms::FindingName::OverLimit;
}

letters::Others others_in(const outbound::Split& split) {
    if (split.hold.empty() && split.defer.empty()) {
        return split.pass.empty() ? letters::Others::None : letters::Others::GetIt;
    }
    return split.pass.empty() ? letters::Others::AllHeld : letters::Others::SomeHeld;
}

/// The recipients that get a row, and their rows.
struct Taken {
    std::vector<std::size_t> indices;
    std::vector<terms::HeldRecipient> rows;
};

Taken rows_of(const PassingMessage& message,
              const MessageDecision& decision,
              const outbound::Split& split,
              core::TimePoint now) {
    const mail::Envelope& envelope = message.envelope;
    const bool told = decision.may_be_told && letters::is_told_of(envelope, message.headers);
    Taken taken;
    const auto take = [&](const outbound::RecipientIndices& indices,
                          std::optional<core::TimePoint> release_at) {
        for (const std::size_t i : indices) {
            taken.indices.push_back(i);
            const bool waits_for_limit = is_held_by_limit(decision.verdicts.at(i));
            taken.rows.push_back(held_row(
                envelope.recipients.at(i), decision.verdicts.at(i), now, message.settings().hold));
            taken.rows.back().release_at = waits_for_limit ? std::nullopt : release_at;
            taken.rows.back().mta_queue_id = envelope.queue_id;
        }
    };
    take(split.hold, std::nullopt);
    for (terms::HeldRecipient& row : taken.rows) {
        row.tell = told;
    }
    take(split.defer, now + kDeferTime);
    const std::size_t first_back = taken.rows.size();
    take(split.give_back, std::nullopt);
    for (terms::HeldRecipient& row : std::span(taken.rows).subspan(first_back)) {
        row.state = terms::HeldState::Returned;
    }
    if (split.reinject_passing) {
        const std::size_t first_good = taken.rows.size();
        take(split.pass, now);
        for (terms::HeldRecipient& row : std::span(taken.rows).subspan(first_good)) {
            // Nothing is wrong with this recipient, whatever was noticed. If the copy is not sent,
            // the MTA's reply is the reason.
            row.finding = terms::HeldFinding();
            row.code = terms::kUnknownFailure;
            row.reason = "it is good, and its copy is sent on from the spool";
            row.advice.clear();
            row.suggestion.clear();
            row.recheck_at.reset();
        }
    }
    return taken;
}

terms::HeldMessage facts_of(const PassingMessage& message,
                            const MessageDecision& decision,
                            core::TimePoint now) {
    terms::HeldMessage facts;
    facts.sender = message.envelope.sender_text();
    facts.sender_arguments = message.envelope.sender_arguments;
    facts.user = message.who.user;
    facts.client = message.who.client_text;
    facts.daemon = message.who.daemon;
    facts.queue_id = message.envelope.queue_id;
    facts.campaign = decision.campaign_name();
    facts.issue = decision.campaign.identity.issue;
    facts.message_id = message.headers.first("Message-ID").value_or("");
    facts.subject = message.headers.first("Subject").value_or("");
    facts.stream = decision.stream.stream;
    facts.vouched = decision.may_be_told;
    facts.held_at = now;
    return facts;
}

/// True when everything in a message was held before.
bool is_held_already(const std::vector<ports::HoldOutcome>& outcomes) {
    return std::ranges::all_of(outcomes, &ports::HoldOutcome::already_held);
}

}  // namespace

void HeldCopy::append(std::string_view octets) {
    if (failure_.has_value()) {
        return;
    }
    if (auto appended = writer_->append(octets); !appended.has_value()) {
        failure_ = std::move(appended.error());
    }
}

void HeldCopy::append_header(std::string_view octets) {
    append(octets);
}

void HeldCopy::append_body(std::string_view octets) {
    body_digest_.update(octets);
    append(octets);
}

void Holding::say_who_is_untold(const mail::Envelope& envelope,
                                const MessageDecision& decision,
                                std::size_t held) {
    if (decision.may_be_told || std::holds_alternative<mail::NullSender>(envelope.sender)) {
        return;
    }
    const core::SteadyPoint now = parts_.clock.steady_now();
    const auto left_out =
        warnings_.with([&](report::RateLimit& limit) { return limit.admit("untold", now); });
    if (!left_out.has_value()) {
        return;
    }
    parts_.log.write(
        ports::Severity::Warning,
        fmt::format("hold: {} recipients of a message of {} are held and its sender is not told: "
                    "nobody has logged in, and the domain is not in [outgoing] own_domains; see "
                    "held list{}",
                    held,
                    core::log_safe(envelope.sender_text()),
                    *left_out == 0 ? "" : fmt::format(" ({} more such messages)", *left_out)));
}

core::Result<HeldCopy, CommitTrouble> Holding::begin_copy(const PassingMessage& message) {
    // A copy without a row is useless, and the store may be under repair.
    if (const auto usable = parts_.held.usable(); !usable.has_value()) {
        return std::unexpected(store_trouble(usable.error().what));
    }
    if (parts_.room != nullptr) {
        const std::string sender = SpoolRoom::sender_of(message.who, message.envelope);
        if (auto why = parts_.room->refusal(sender, message.settings().hold)) {
            return std::unexpected(
                CommitTrouble{.where = CommitTrouble::Where::SpoolLimit, .what = *std::move(why)});
        }
    }
    auto writer = parts_.spool.begin();
    if (!writer.has_value()) {
        return std::unexpected(spool_trouble(writer.error().what));
    }
    HeldCopy copy(*std::move(writer),
                  outbound::header_digest(message.headers, message.envelope.queue_id));
    copy.append_header(message.headers.text());
    copy.append_header("\r\n");
    return copy;
}

core::Result<Committed, CommitTrouble> Holding::commit(const PassingMessage& message,
                                                       const MessageDecision& decision,
                                                       HeldCopy copy) {
    const auto& split = std::get<outbound::Split>(decision.plan.what);
    if (copy.failure_.has_value()) {
        return std::unexpected(spool_trouble(copy.failure_->what));
    }
    const core::TimePoint now = parts_.clock.now();
    const Taken taken = rows_of(message, decision, split, now);
    say_who_is_untold(message.envelope, decision, taken.rows.size());
    terms::HeldMessage facts = facts_of(message, decision, now);
    facts.fingerprint = outbound::fingerprint(copy.header_digest_, copy.body_digest_.finish_hex());
    auto held = copy.writer_->commit(std::move(facts), taken.rows);
    if (!held.has_value()) {
        return std::unexpected(spool_trouble(held.error().what));
    }
    auto dsn = dsn_for(message, decision, split, *held);
    if (!dsn.has_value()) {
        static_cast<void>(parts_.spool.remove(held->spool_id));
        return std::unexpected(std::move(dsn.error()));
    }
    std::vector<ports::NewHold> holds{{.message = *std::move(held), .recipients = taken.rows}};
    if (std::optional<ports::NewHold>& letter = *dsn; letter.has_value()) {
        holds.push_back(*std::move(letter));
    }
    const auto outcomes = ports::hold_together(parts_.held, holds);
    Committed committed;
    committed.ids.resize(message.envelope.recipients.size());
    for (std::size_t i = 0; i < holds.size(); ++i) {
        if (!outcomes.has_value() || is_held_already(outcomes->at(i))) {
            static_cast<void>(parts_.spool.remove(holds[i].message.spool_id));
        }
        if (outcomes.has_value()) {
            std::ranges::transform(
                outcomes->at(i), std::back_inserter(committed.written), &ports::HoldOutcome::id);
        }
    }
    if (!outcomes.has_value()) {
        return std::unexpected(store_trouble(outcomes.error().what));
    }
    if (parts_.room != nullptr && !is_held_already(outcomes->front())) {
        parts_.room->took(SpoolRoom::sender_of(message.who, message.envelope),
                          holds.front().message.octets);
    }
    for (std::size_t k = 0; k < taken.indices.size(); ++k) {
        committed.ids.at(taken.indices[k]) = outcomes->front().at(k).id;
    }
    return committed;
}

core::Result<std::optional<ports::NewHold>, CommitTrouble> Holding::dsn_for(
    const PassingMessage& message,
    const MessageDecision& decision,
    const outbound::Split& split,
    const terms::HeldMessage& copy) {
    const mail::Envelope& envelope = message.envelope;
    letters::ReturnDsnFacts facts;
    facts.sender = envelope.sender_text();
    facts.envelope_id = envelope.envelope_id().value_or("");
    facts.queue_id = envelope.queue_id;
    facts.original_header = message.headers.text();
    facts.others = others_in(split);
    facts.require_tls = mail::requires_tls(envelope.sender_arguments);
    std::string key = fmt::format("refused {}", copy.fingerprint);
    for (const std::size_t i : split.give_back) {
        const mail::Recipient& recipient = envelope.recipients.at(i);
        const std::optional<outbound::Finding>& finding = decision.verdicts.at(i).finding;
        if (!finding.has_value() || !mail::wants_failure_report(recipient.arguments)) {
            // A rejected recipient has a finding, so this one wants no report. The log tells of it,
            // and the DSN says nothing about others.
            facts.others = letters::Others::NotTold;
            continue;
        }
        facts.recipients.push_back(
            {.address = recipient.shown(),
             .original =
                 std::string(mail::argument_value(recipient.arguments, "ORCPT").value_or("")),
             .reply = outbound::rejection(*finding),
             .explanation = fmt::format("{}; {}", finding->reason, finding->advice),
             .code = finding->code.value_or(terms::kUnknownFailure)});
        key += fmt::format(" {}", recipient.shown());
    }
    if (facts.recipients.empty()) {
        return std::nullopt;
    }
    if (mail::wants_whole_message(envelope.sender_arguments)) {
        facts.original = whole_message(parts_.spool, copy);
    }
    auto dsn = parts_.own_mail.write_return_dsn(std::move(facts), key);
    if (!dsn.has_value()) {
        return std::unexpected(spool_trouble(dsn.error()));
    }
    for (terms::HeldRecipient& recipient : dsn->recipients) {
        recipient.in_doubt = true;
        recipient.mta_queue_id = envelope.queue_id;
    }
    return *std::move(dsn);
}

}  // namespace holdback::flow::outgoing
