// SPDX-License-Identifier: Apache-2.0
#include "report/decision.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "terms/failure_code.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::report {

namespace {

constexpr std::string_view kNone = "none";

/// All addresses in log lines go through this function.
std::string address_value(std::string_view address) {
    return core::log_safe(address);
}

std::string value_of(const std::optional<terms::FailureCode>& code) {
    return code.has_value() ? fmt::to_string(code->number()) : std::string(kNone);
}

std::string value_of(const std::optional<mail::EnhancedStatus>& status) {
    return status.has_value() ? status->text() : std::string(kNone);
}

std::string value_of(const std::optional<std::chrono::milliseconds>& time) {
    return time.has_value() ? fmt::to_string(time->count()) : std::string(kNone);
}

std::string value_of(const std::optional<std::int64_t>& number) {
    return number.has_value() ? fmt::to_string(*number) : std::string(kNone);
}

std::string_view word_or_none(std::string_view word) {
    return word.empty() ? kNone : word;
}

std::string value_or_none(std::string_view text) {
    return text.empty() ? std::string(kNone) : core::log_safe(text);
}

/// A route, which may contain the MTA's name of a transport.
std::string route_value(const std::string& route) {
    const bool is_word = route.find_first_of(" \"=") == std::string::npos;
    return is_word ? std::string(word_or_none(core::printable(route))) : core::log_safe(route);
}

}  // namespace

std::string decision_line(const OutboundDecision& decision) {
    return fmt::format(
        "decision flow=outbound qid={} sender={} rcpt={} verdict={} reason={} bulk={} dns_ms={} "
        "code={} signal={} mode={} unshadowed={} held={} session={} envid={} override={} "
        "campaign={} suppressed_as={} route={}",
        value_or_none(decision.queue_id),
        address_value(decision.sender),
        address_value(decision.recipient),
        wire_name(decision.verdict),
        word_or_none(decision.reason),
        decision.stream.is_bulk() ? "yes" : "no",
        value_of(decision.dns_time),
        value_of(decision.code),
        value_or_none(decision.stream.signal),
        wire_name(decision.mode),
        wire_name(decision.unshadowed),
        value_of(decision.held_id),
        value_or_none(decision.session),
        value_or_none(decision.envelope_id),
        decision.overridden ? "yes" : "no",
        value_or_none(decision.campaign),
        value_or_none(decision.suppressed_as),
        route_value(decision.route));
}

std::string decision_line(const InboundDecision& decision) {
    return fmt::format(
        "decision flow=inbound qid={} kind={} rcpt={} code={} status={} proof={} rule={} "
        "learned={} action={} session={} proof_reason={} learn_reason={} final={}",
        value_or_none(decision.queue_id),
        wire_name(decision.kind),
        address_value(decision.recipient),
        value_of(decision.code),
        value_of(decision.status),
        wire_name(decision.proof),
        value_or_none(decision.rule),
        wire_name(decision.learned),
        wire_name(decision.action),
        value_or_none(decision.session),
        word_or_none(decision.proof_reason),
        word_or_none(decision.learn_reason),
        value_or_none(decision.behind));
}

std::string more_unproven_line(const InboundDecision& last, std::size_t more) {
    return fmt::format("decision flow=inbound qid={} kind={} proof=unproven more={} session={}",
                       value_or_none(last.queue_id),
                       wire_name(last.kind),
                       more,
                       value_or_none(last.session));
}

std::string decision_line(const ChangeDecision& decision) {
    return fmt::format(
        "decision flow=change what={} subject={} scope={} entries={} by={} from={} at={} detail={}",
        word_or_none(decision.what),
        value_or_none(decision.subject),
        value_or_none(decision.scope),
        decision.entries,
        value_or_none(decision.who),
        value_or_none(decision.from),
        value_or_none(decision.at),
        value_or_none(decision.detail));
}

std::string decision_line(const LiftDecision& decision) {
    return fmt::format("decision flow=lift subject={} scope={} code={} since={}",
                       address_value(decision.subject),
                       core::log_safe(decision.scope),
                       value_of(decision.code),
                       core::log_safe(decision.since));
}

std::string decision_line(const OutcomeDecision& decision) {
    return fmt::format(
        "decision flow=outcome qid={} rcpt={} code={} status={} proof={} rule={} learned={} "
        "learn_reason={} relay={}",
        value_or_none(decision.queue_id),
        address_value(decision.recipient),
        value_of(decision.code),
        value_of(decision.status),
        wire_name(decision.proof),
        value_or_none(decision.rule),
        wire_name(decision.learned),
        word_or_none(decision.learn_reason),
        value_or_none(decision.relay));
}

std::string decision_line(const ReleaseDecision& decision) {
    return fmt::format(
        "decision flow=release item={} rcpt={} verdict={} answer={} sender={} cause={}",
        decision.item,
        address_value(decision.recipient),
        wire_name(decision.verdict),
        value_or_none(decision.answer),
        address_value(decision.sender),
        value_or_none(decision.cause));
}

std::string decision_line(const NoticeDecision& decision) {
    return fmt::format(
        "decision flow=notice notice={} sender={} verdict={} reason={} items={} from={} user={} "
        "qid={} session={} to={}",
        value_or_none(decision.notice),
        address_value(decision.sender),
        wire_name(decision.verdict),
        word_or_none(decision.reason),
        decision.items,
        address_value(decision.from),
        value_or_none(decision.user),
        value_or_none(decision.queue_id),
        value_or_none(decision.session),
        address_value(decision.to));
}

std::string decision_line(const ReaddressDecision& decision) {
    return fmt::format("decision flow=readdress item={} sender={} rcpt={} to={} by={}",
                       decision.item,
                       address_value(decision.sender),
                       address_value(decision.from),
                       address_value(decision.to),
                       value_or_none(decision.by));
}

std::string_view wire_name(NoticeVerdict verdict) {
    switch (verdict) {
        case NoticeVerdict::Sent:
            return "sent";
        case NoticeVerdict::Accepted:
            return "accepted";
        case NoticeVerdict::Refused:
            return "refused";
        case NoticeVerdict::Ignored:
            return "ignored";
        case NoticeVerdict::Overridden:
            return "overridden";
        case NoticeVerdict::Withdrawn:
            return "withdrawn";
    }
    std::unreachable();
}

std::string_view wire_name(LearnOutcome outcome) {
    switch (outcome) {
        case LearnOutcome::No:
            return "no";
        case LearnOutcome::Counted:
            return "counted";
        case LearnOutcome::Suppressed:
            return "suppressed";
    }
    std::unreachable();
}

std::string_view wire_name(ReleaseVerdict verdict) {
    switch (verdict) {
        case ReleaseVerdict::Released:
            return "released";
        case ReleaseVerdict::Refused:
            return "refused";
        case ReleaseVerdict::Interrupted:
            return "interrupted";
        case ReleaseVerdict::Returned:
            return "returned";
        case ReleaseVerdict::Discarded:
            return "discarded";
    }
    std::unreachable();
}

}  // namespace holdback::report
