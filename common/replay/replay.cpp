// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.hpp"

#include "config/limit.hpp"
#include "config/rate.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/compliance.hpp"
#include "outbound/direction.hpp"
#include "outbound/findings.hpp"
#include "outbound/local_route.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/plan.hpp"
#include "outbound/sender.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"
#include "replay/refusal_count.hpp"
#include "replay/unwatched.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::replay {

namespace {

using terms::FindingName;
using terms::PolicyAction;

/// The streams that the record allows for a message.
struct PossibleStreams {
    bool direct = true;
    bool bulk = false;
    std::string missing;  ///< the fact that would decide between both
};

PossibleStreams bulk_for_sure() {
    return {.direct = false, .bulk = true, .missing = {}};
}

PossibleStreams unless(std::string missing) {
    return {.direct = true, .bulk = true, .missing = std::move(missing)};
}

/// Bounds of the sender's recipients within the window of the settings. They are equal if the
/// recorded window is as long.
struct WindowBounds {
    std::size_t least;
    std::size_t most;
};

WindowBounds window_of(const RecordedMessage& message, const config::Settings& settings) {
    const auto wanted = settings.bulk.rate.window;
    if (wanted == message.window_length) {
        return {message.window, message.window};
    }
    if (wanted > message.window_length) {
        return {message.window, std::numeric_limits<std::size_t>::max()};
    }
    return {std::min(message.named, message.window), message.window};
}

outbound::EnvelopeSigns signs_of(const RecordedMessage& message) {
    return {.sender = message.sender_text(),
            .user = message.origin.user,
            .daemon = message.origin.daemon,
            .client = message.origin.client,
            .recipients = message.named,
            .window_recipients = 0};
}

/// The streams by the envelope after `signs.recipients` recipients; `later` more were named
/// afterwards.
PossibleStreams by_envelope(outbound::EnvelopeSigns signs,
                            std::size_t later,
                            const WindowBounds& window,
                            const config::Settings& settings) {
    signs.window_recipients = window.least - std::min(window.least, later);
    if (outbound::stream_by_envelope(signs, settings).is_bulk()) {
        return bulk_for_sure();
    }
    signs.window_recipients = window.most - std::min(window.most, later);
    if (outbound::stream_by_envelope(signs, settings).is_bulk()) {
        return unless("how many recipients the sender had within [bulk] rate");
    }
    return {};
}

/// True for a signal that cannot be derived from the record here.
bool is_content_signal(std::string_view signal) {
    constexpr std::string_view kHeader = "header:";
    constexpr std::string_view kRecipients = "recipients:";
    constexpr std::string_view kRate = "rate:";
    return signal != "none" && signal != "sender" && signal != "user" && signal != "daemon" &&
           signal != "client" && !signal.starts_with(outbound::StreamDecision::kAlwaysDirect) &&
           !signal.starts_with(kHeader) && !signal.starts_with(kRecipients) &&
           !signal.starts_with(kRate);
}

constexpr const char* kRepeats = "how often the same content was sent";

/// The streams by the number of messages with the same content: "repeats:20/text".
PossibleStreams by_content(const RecordedMessage& message, const config::BulkSettings& settings) {
    constexpr std::string_view kSignal = "repeats:";
    const std::string_view signal = message.stream.signal;
    if (signal.starts_with(kSignal)) {
        const std::string_view count = signal.substr(kSignal.size());
        const auto repeats = core::parse_decimal(count.substr(0, count.find('/')));
        // Counting stopped at the limit of that time.
        return repeats.value_or(settings.repeats) >= settings.repeats ? bulk_for_sure()
                                                                      : unless(kRepeats);
    }
    if (is_content_signal(signal)) {
        return bulk_for_sure();
    }
    // The content was not compared when another signal made the message bulk, or it was always
    // direct.
    const bool below_limit = !message.stream.is_bulk() && !message.stream.is_always_direct() &&
                             message.repeats_limit > 0;
    return below_limit && message.repeats_limit <= settings.repeats ? PossibleStreams{}
                                                                    : unless(kRepeats);
}

/// The recorded header fields that are signs of the stream.
mail::HeaderList header_of(const HeaderSigns& signs) {
    mail::HeaderList headers;
    for (const std::string& name : signs.present) {
        headers.add(name, name == "precedence" ? signs.precedence : std::string());
    }
    return headers;
}

PossibleStreams by_header(const HeaderSigns& signs, const config::BulkSettings& settings) {
    if (outbound::stream_by_headers(header_of(signs), settings).is_bulk()) {
        return bulk_for_sure();
    }
    std::vector<std::string> needed = settings.headers;
    needed.push_back(settings.campaign_header);
    for (const std::string& name : needed) {
        const std::string lower = core::to_lower(name);
        if (!lower.empty() && std::ranges::find(signs.asked, lower) == signs.asked.end()) {
            return unless(fmt::format("whether there was a header field {}", name));
        }
    }
    return {};
}

/// The audiences that the record allows for the message. Never empty.
std::span<const outbound::SentTo> sent_to_of(const RecordedMessage& message,
                                             const config::Settings& settings) {
    const outbound::SentTo least =
        outbound::sent_to(signs_of(message), header_of(message.headers), settings.bulk);
    const auto was_asked = [&](std::string_view name) {
        return name.empty() || std::ranges::find(message.headers.asked, core::to_lower(name)) !=
                                   message.headers.asked.end();
    };
    const bool is_sure = was_asked(kAllListFields) && was_asked(settings.bulk.campaign_header) &&
                         (least != outbound::SentTo::Person ||
                          std::ranges::all_of(settings.bulk.headers, was_asked));
    const std::span<const outbound::SentTo> from =
        std::span(outbound::kAllSentTo).subspan(static_cast<std::size_t>(least));
    return is_sure ? from.first(1) : from;
}

/// The possible streams of the message at the end of the headers.
PossibleStreams streams_of(const RecordedMessage& message, const config::Settings& settings) {
    if (outbound::stream_by_envelope(signs_of(message), settings).is_always_direct()) {
        return {};
    }
    PossibleStreams envelope =
        by_envelope(signs_of(message), 0, window_of(message, settings), settings);
    if (!envelope.direct) {
        return envelope;
    }
    if (message.decided_at == DecidedAt::Recipient) {
        return unless("the header and the other recipients of a message refused at RCPT");
    }
    PossibleStreams header = by_header(message.headers, settings.bulk);
    if (!header.direct) {
        return header;
    }
    PossibleStreams content = by_content(message, settings.bulk);
    if (!content.direct) {
        return content;
    }
    if (header.bulk) {
        return header;
    }
    return content.bulk ? content : envelope;
}

/// The route under these settings; `RouteNotRecorded` when it was never looked up.
struct RouteNotRecorded {};
std::variant<std::optional<outbound::MailRoute>, RouteNotRecorded> route_of(
    const RecordedRecipient& recipient, const config::Settings& settings) {
    if (!recipient.facts.syntax.has_value()) {
        return std::nullopt;
    }
    const mail::Domain& domain = recipient.facts.syntax->value.domain();
    const auto& known = recipient.facts.route;
    const mail::Recipient asked{.verbatim = {},
                                .syntax = recipient.facts.syntax,
                                .arguments = {},
                                .mailer = recipient.mailer};
    if (outbound::needs_route(asked, settings)) {
        // Settings cannot change what the MTA said then.
        if (!known.has_value() ||
            (known->kind == outbound::RouteKind::Local && !outbound::is_by_mta(known->why))) {
            return RouteNotRecorded{};
        }
        return known;
    }
    return outbound::route_without_dns(domain, recipient.mailer, settings);
}

/// True for a finding that `findings` cannot derive from the record and that the settings still
/// look for.
bool is_kept(FindingName name, const config::Settings& by) {
    const terms::Concern concern = terms::row_of(name).concern;
    if (concern != terms::Concern::Campaign && concern != terms::Concern::Message) {
        return false;
    }
    if (name == FindingName::OverLimit) {
        return false;  // the fact is recorded
    }
    if (name == FindingName::AlreadySent) {
        return by.bulk.repeat_window.count() > 0;
    }
    if (name == FindingName::CampaignStopped) {
        return by.bulk.stop_above.percent < 100;
    }
    if (name == FindingName::MissingSignature) {
        return by.compliance.expect_signature;
    }
    return name != FindingName::ForeignFrom || !outbound::domains_of_from(by).empty();
}

/// The table that stands for a recorded limit: the one with the same cap, else the only one of its
/// name. nullptr: there are several, and which of them the sender goes by was not recorded.
const config::Limit* table_of(const limits::OverLimit& over,
                              const std::vector<const config::Limit*>& of_name) {
    const auto same = std::ranges::find_if(of_name, [&](const config::Limit* limit) {
        return std::ranges::find(limit->recipients, over.cap) != limit->recipients.end();
    });
    if (same != of_name.end()) {
        return *same;
    }
    return of_name.size() == 1 ? of_name.front() : nullptr;
}

/// The recorded limit as these settings have it; nullopt: they have none of that name, or one with
/// room for the recipient. Who would have had no room under a lower limit is not known.
std::optional<limits::OverLimit> limit_by(std::optional<limits::OverLimit> over,
                                          const config::Settings& settings) {
    if (!over.has_value()) {
        return std::nullopt;
    }
    std::vector<const config::Limit*> of_name;
    for (const config::Limit& limit : settings.limits) {
        if (limit.name == over->limit) {
            of_name.push_back(&limit);
        }
    }
    if (of_name.empty()) {
        return std::nullopt;
    }
    const config::Limit* const limit = table_of(*over, of_name);
    if (limit == nullptr) {
        return over;
    }
    const auto cap = std::ranges::find(limit->recipients, over->cap.window, &config::Rate::window);
    if (cap == limit->recipients.end() || over->used < cap->count) {
        return std::nullopt;
    }
    over->cap = *cap;
    over->action = limit->action;
    over->in_shadow = limit->shadow;
    return over;
}

/// A recorded finding, without its original words.
outbound::Finding kept_finding(FindingName name) {
    return {.name = name,
            .code = std::nullopt,
            .certainty = terms::Certainty::Hint,
            .reason = "it was found then",
            .advice = {},
            .suggestion = {}};
}

std::vector<outbound::Finding> findings_again(const RecordedRecipient& recipient,
                                              std::optional<outbound::MailRoute> route,
                                              const config::Settings& settings) {
    outbound::RecipientFacts facts = recipient.facts;
    facts.route = std::move(route);
    facts.over_limit = limit_by(std::move(facts.over_limit), settings);
    facts.is_role = facts.is_role && !settings.policy.role_addresses.empty();
    facts.is_disposable = facts.is_disposable && !settings.policy.disposable_domains.empty();
    std::vector<outbound::Finding> found = outbound::findings(facts, settings);
    if (outbound::is_allowed(facts, settings)) {
        return found;
    }
    for (const FindingName name : recipient.found) {
        if (is_kept(name, settings) &&
            std::ranges::find(found, name, &outbound::Finding::name) == found.end()) {
            found.push_back(kept_finding(name));
        }
    }
    std::ranges::stable_sort(found, {}, &outbound::Finding::name);
    return found;
}

/// False when these settings see another mailbox behind a tag than the one, if any, that the
/// suppression list was asked about. What the list would have said is unknown then.
bool asked_about_mailbox(const outbound::RecipientFacts& facts, const config::Settings& settings) {
    if (!facts.syntax.has_value()) {
        return true;
    }
    const auto mailbox = settings.suppress.untagged(facts.syntax->value);
    return facts.mailbox == (mailbox.has_value() ? mailbox->key() : std::string());
}

ReplayedVerdict verdict_of(const outbound::Verdict& verdict) {
    return {.action = verdict.action,
            .reason = verdict.finding.has_value() ? std::string(wire_name(verdict.finding->name))
                                                  : std::string()};
}

/// The answer for one stream, if none of the uncertain findings changes it.
Replayed judge_one(
    std::span<const outbound::Finding> found,
    std::span<const Unwatched> perhaps,
    const std::function<ReplayedVerdict(std::span<const outbound::Finding>)>& judged) {
    ReplayedVerdict verdict = judged(found);
    for (const Unwatched& each : perhaps) {
        std::vector<outbound::Finding> other(found.begin(), found.end());
        const bool was_there = std::erase_if(other, [&](const outbound::Finding& finding) {
                                   return finding.name == each.name;
                               }) > 0;
        if (!was_there) {
            other.push_back(kept_finding(each.name));
            std::ranges::stable_sort(other, {}, &outbound::Finding::name);
        }
        if ((was_there ? each.may_go : each.may_come) && judged(other) != verdict) {
            return NotRecorded{each.missing};
        }
    }
    return verdict;
}

/// The uncertain findings of each stream.
struct Perhaps {
    std::vector<Unwatched> direct;
    std::vector<Unwatched> bulk;
};

/// The answer that all possible streams share, or what is missing to tell them apart.
Replayed judge_all(std::span<const outbound::Finding> found,
                   const Perhaps& perhaps,
                   const PossibleStreams& streams,
                   std::span<const outbound::SentTo> sent_to,
                   const config::PolicySettings& policy) {
    const auto as_bulk = [&](outbound::SentTo to) {
        return [to, &policy](std::span<const outbound::Finding> some) {
            return verdict_of(outbound::judge(some, outbound::Stream::Bulk, policy, to));
        };
    };
    const auto direct = [&](std::span<const outbound::Finding> some) {
        return verdict_of(outbound::judge(some, outbound::Stream::Direct, policy));
    };
    const auto bulk = as_bulk(sent_to.back());
    if (streams.bulk) {
        for (const outbound::SentTo to : sent_to.first(sent_to.size() - 1)) {
            if (bulk(found) != as_bulk(to)(found)) {
                return NotRecorded{"whether the header said that it was mail of a list"};
            }
            Replayed answer = judge_one(found, perhaps.bulk, as_bulk(to));
            if (std::holds_alternative<NotRecorded>(answer)) {
                return answer;
            }
        }
    }
    if (streams.direct && streams.bulk && direct(found) != bulk(found)) {
        return NotRecorded{streams.missing};
    }
    if (streams.direct) {
        Replayed answer = judge_one(found, perhaps.direct, direct);
        if (!streams.bulk || std::holds_alternative<NotRecorded>(answer)) {
            return answer;
        }
    }
    return judge_one(found, perhaps.bulk, bulk);
}

/// The answer at RCPT; nullopt when this recipient gets none there.
std::optional<Replayed> at_rcpt(const RecordedMessage& message,
                                std::size_t index,
                                std::span<const outbound::Finding> found,
                                std::span<const Unwatched> perhaps,
                                const config::Settings& settings) {
    outbound::EnvelopeSigns signs = signs_of(message);
    std::size_t later = 0;
    if (message.decided_at == DecidedAt::Message) {
        later = message.recipients.size() - index - 1;
        signs.recipients -= std::min(signs.recipients, later);
    }
    const PossibleStreams streams =
        by_envelope(std::move(signs), later, window_of(message, settings), settings);
    const outbound::Verdict verdict =
        outbound::judge(found, outbound::Stream::Direct, settings.policy);
    if (!streams.direct || !outbound::refusal(verdict).has_value()) {
        return std::nullopt;
    }
    if (streams.bulk) {
        return NotRecorded{streams.missing};
    }
    const auto doubtful = std::ranges::find_if(perhaps, [&](const Unwatched& each) {
        return each.may_go && verdict.finding.has_value() && verdict.finding->name == each.name;
    });
    if (doubtful != perhaps.end()) {
        return NotRecorded{doubtful->missing};
    }
    return verdict_of(verdict);
}

/// The answer for a recipient of a client that may be refused at RCPT: `told` until it has been
/// refused too often, `at_end` after that. Counts the refusal in `refusals`.
Replayed in_session(const RecordedMessage& message,
                    Replayed told,
                    Replayed at_end,
                    const config::Settings& settings,
                    RefusalCount& refusals) {
    const std::optional<bool> enough = had_enough(message, refusals, settings);
    if (enough == true) {
        return at_end;
    }
    const bool is_sure = enough.has_value() && std::holds_alternative<ReplayedVerdict>(told);
    refusals.add(is_sure);
    if (enough.has_value() || told == at_end) {
        return told;
    }
    return NotRecorded{"how often the client had been refused in its session"};
}

/// A sender who overrode a hold would do so again.
Replayed with_override(Replayed answer, const RecordedRecipient& recipient) {
    auto* const verdict = std::get_if<ReplayedVerdict>(&answer);
    if (verdict != nullptr && recipient.overridden && verdict->action == PolicyAction::Hold) {
        verdict->action = PolicyAction::Pass;
    }
    return answer;
}

/// When DNS gave no answer for a recipient, `[on_error] dns` may answer the whole message.
void apply_trouble(const config::Settings& settings, std::vector<Replayed>& answers) {
    const config::ErrorAnswer answer = settings.on_error.dns;
    const std::string_view unresolved = wire_name(FindingName::UnresolvedDomain);
    const bool any = std::ranges::any_of(answers, [&](const Replayed& replayed) {
        const auto* verdict = std::get_if<ReplayedVerdict>(&replayed);
        return verdict != nullptr && verdict->reason == unresolved;
    });
    if (!any || answer == config::ErrorAnswer::Accept || settings.mode == config::Mode::Shadow) {
        return;
    }
    const PolicyAction action =
        answer == config::ErrorAnswer::Tempfail ? PolicyAction::Defer : PolicyAction::Reject;
    std::ranges::fill(answers, ReplayedVerdict{action, std::string(unresolved)});
}

/// Why the sender may not send, or "".
std::string_view sender_refusal_of(const RecordedMessage& message,
                                   const config::Settings& settings,
                                   const config::SenderLogins& logins) {
    const std::string& user = message.origin.user;
    const auto refusal = outbound::sender_refusal(message.sender, user, settings.outgoing, logins);
    if (refusal.has_value()) {
        return refusal->reason;
    }
    const auto was_refused = [](const RecordedRecipient& recipient) {
        return recipient.reason == outbound::kSenderNotPermitted;
    };
    const bool is_known = logins.right_of(user, message.sender) != config::SenderRight::Unknown;
    return !is_known && std::ranges::any_of(message.recipients, was_refused)
               ? outbound::kSenderNotPermitted
               : std::string_view();
}

}  // namespace

std::vector<Replayed> replay(const RecordedMessage& message,
                             const config::Settings& settings,
                             const config::SenderLogins& logins) {
    const std::size_t count = message.recipients.size();
    if (!outbound::is_outgoing(message.origin, message.sender, settings.outgoing)) {
        return {count, ReplayedVerdict{PolicyAction::Pass, std::string(kNotOutgoing)}};
    }
    if (const auto reason = sender_refusal_of(message, settings, logins); !reason.empty()) {
        return {count, ReplayedVerdict{PolicyAction::Reject, std::string(reason)}};
    }
    const bool asks_at_rcpt = outbound::answers_at_rcpt(message.origin, settings);
    RefusalCount refusals = refusals_before(message, settings);
    const PossibleStreams streams = streams_of(message, settings);
    const std::span<const outbound::SentTo> sent_to = sent_to_of(message, settings);
    const Perhaps perhaps{.direct = unwatched(message, outbound::Stream::Direct, sent_to, settings),
                          .bulk = unwatched(message, outbound::Stream::Bulk, sent_to, settings)};
    std::vector<Replayed> answers;
    answers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const RecordedRecipient& recipient = message.recipients[i];
        auto route = route_of(recipient, settings);
        if (std::holds_alternative<RouteNotRecorded>(route)) {
            answers.emplace_back(NotRecorded{"the mail route of a domain that was not asked"});
            continue;
        }
        if (!asked_about_mailbox(recipient.facts, settings)) {
            answers.emplace_back(NotRecorded{"what the list said of the mailbox behind a tag"});
            continue;
        }
        const std::vector<outbound::Finding> found = findings_again(
            recipient, std::get<std::optional<outbound::MailRoute>>(std::move(route)), settings);
        // An allow entry overrides all uncertain findings.
        const Perhaps mine = outbound::is_allowed(recipient.facts, settings) ? Perhaps{} : perhaps;
        Replayed at_end =
            with_override(judge_all(found, mine, streams, sent_to, settings.policy), recipient);
        if (asks_at_rcpt) {
            if (auto told = at_rcpt(message, i, found, mine.direct, settings)) {
                answers.push_back(
                    in_session(message, *std::move(told), std::move(at_end), settings, refusals));
                continue;
            }
        }
        answers.push_back(std::move(at_end));
    }
    apply_trouble(settings, answers);
    return answers;
}

outbound::Telling telling_then(const RecordedMessage& message) {
    return {.untold = std::holds_alternative<mail::NullSender>(message.sender),
            .spares_client = message.dialogue.has_value() && message.dialogue->can_be_returned &&
                             message.dialogue->had_enough};
}

std::optional<outbound::Telling> telling_now(const RecordedMessage& message,
                                             const config::Settings& settings) {
    outbound::Telling telling{.untold = std::holds_alternative<mail::NullSender>(message.sender),
                              .spares_client = false};
    if (message.dialogue.has_value() && message.dialogue->can_be_returned) {
        const auto enough = had_enough(message, refusals_before(message, settings), settings);
        if (!enough.has_value()) {
            return std::nullopt;
        }
        telling.spares_client = *enough;
    }
    return telling;
}

}  // namespace holdback::replay
