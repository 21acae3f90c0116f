// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/outcome_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "mail/loopback_relay.hpp"
#include "mail/outcome.hpp"
#include "mail/provider.hpp"
#include "mail/transport.hpp"
#include "maillog/log_line.hpp"
#include "outbound/local_route.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/log_source.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

constexpr std::size_t kMostLines = 500;
constexpr std::chrono::seconds kBatchTime{1};
// Without outcomes the position is stored no more often than this: reading such lines again does no
// harm.
constexpr std::chrono::seconds kPositionTime{10};
constexpr std::size_t kMostSenders = 10'000;
constexpr std::size_t kToldAtOnce = 500;

void count(FollowState& state, const mail::MtaOutcome& outcome) {
    switch (outcome.result) {
        case mail::DeliveryResult::Sent:
            ++state.sent;
            break;
        case mail::DeliveryResult::Deferred:
            ++state.deferred;
            break;
        case mail::DeliveryResult::Bounced:
            ++state.bounced;
            break;
    }
    state.newest = state.newest.has_value() ? std::max(*state.newest, outcome.at) : outcome.at;
}

/// True when sendmail(1) of Sendmail passed its message to the daemon of this host, was refused, or
/// did not reach it. The daemon's own lines tell the outcome, and the refusal may be ours.
bool is_hand_over(const mail::MtaOutcome& outcome) {
    const bool went_nowhere = outcome.relay.empty() && outcome.relay_address.empty();
    return !mail::is_local_transport(outcome.mailer) &&
           (went_nowhere || mail::has_loopback_relay(outcome));
}

}  // namespace

void RecentMessages::remember(const mail::QueuedMessage& message, maillog::Intake intake) {
    if (newer_.size() >= kMostSenders) {
        older_ = std::exchange(newer_, {});
    }
    newer_.insert_or_assign(message.queue_id, Message{.sender = message.sender, .intake = intake});
}

const RecentMessages::Message* RecentMessages::find(const std::string& queue_id) const {
    for (const auto* messages : {&newer_, &older_}) {
        if (const auto it = messages->find(queue_id); it != messages->end()) {
            return &it->second;
        }
    }
    return nullptr;
}

WorkResult OutcomeFlow::work(ports::LogSource& source,
                             const config::Settings& settings,
                             const std::stop_token& stop) {
    if (source.name() != source_ && !begin(source)) {
        return WorkResult::Trouble;
    }
    // Listeners are told before more is read: the last process may have ended in between.
    if (!record(settings) || !tell()) {
        return WorkResult::Trouble;
    }
    collect(source, settings, stop);
    const bool read_any = batch_.read_any;
    if (!record(settings) || !tell()) {
        return WorkResult::Trouble;
    }
    if (!state().trouble.empty()) {
        return WorkResult::Trouble;
    }
    return read_any ? WorkResult::Read : WorkResult::Idle;
}

void OutcomeFlow::end() {
    source_.clear();
    batch_ = {};
    state_.with([](FollowState& state) {
        state.source.clear();
        state.trouble.clear();
        state.behind = 0;
    });
}

FollowState OutcomeFlow::state() const {
    return state_.with([](const FollowState& state) { return state; });
}

bool OutcomeFlow::begin(ports::LogSource& source) {
    end();
    const std::string name = source.name();
    const auto position = parts_.journal.position(name);
    if (!position.has_value()) {
        note_trouble("store", position.error().what);
        return false;
    }
    source.seek(position->value_or(""));
    source_ = name;
    recorded_position_ = position->value_or("");
    recorded_.reset();
    const ports::LogBatch first = source.read(0, parts_.clock.steady_now(), {});
    if (recorded_position_.empty()) {
        // The start is recorded before waiting for lines: from now on every line counts, however
        // soon this process ends.
        batch_.position = first.position;
    }
    if (parts_.silence != nullptr) {
        parts_.silence->begin();
    }
    state_.with([&](FollowState& state) {
        state.source = name;
        state.position = recorded_position_;
        state.lines = 0;
        state.mail_lines = 0;
        state.last_line.reset();
        state.lag.reset();
    });
    if (!first.trouble.empty()) {
        note_trouble("source", first.trouble);
    }
    return true;
}

void OutcomeFlow::collect(ports::LogSource& source,
                          const config::Settings& settings,
                          const std::stop_token& stop) {
    const core::SteadyPoint deadline = parts_.clock.steady_now() + kBatchTime;
    std::size_t lines = 0;
    bool goes_on = true;
    while (goes_on) {
        const ports::LogBatch read = source.read(kMostLines - lines, deadline, stop);
        std::uint64_t about_mail = 0;
        for (const std::string& line : read.lines) {
            about_mail += understand(line, settings) ? 1U : 0U;
        }
        if (about_mail > 0 && parts_.silence != nullptr && parts_.silence->heard()) {
            parts_.log.write(ports::Severity::Info, "maillog: the log tells of mail again");
        }
        lines += read.lines.size();
        batch_.position = read.position;
        batch_.read_any = batch_.read_any || !read.lines.empty() || read.skipped > 0;
        state_.with([&](FollowState& state) {
            state.lines += read.lines.size();
            state.mail_lines += about_mail;
            if (!read.lines.empty()) {
                state.last_line = parts_.clock.now();
            }
            state.skipped += read.skipped;
            state.behind = read.behind;
            state.trouble = read.trouble;
        });
        if (!read.trouble.empty()) {
            note_trouble("source", read.trouble);
            return;
        }
        goes_on =
            lines < kMostLines && parts_.clock.steady_now() < deadline && !stop.stop_requested();
    }
}

bool OutcomeFlow::understand(const std::string& line, const config::Settings& settings) {
    const core::TimePoint now = parts_.clock.now();
    maillog::LogFacts facts =
        maillog::read_maillog_line(line, {.now = now, .utc_offset = parts_.utc_offset(now)});
    if (facts.queued.has_value()) {
        messages_.remember(*facts.queued, facts.intake);
    }
    if (facts.dropped.has_value()) {
        batch_.dropped.push_back(*std::move(facts.dropped));
    }
    if (facts.refused.has_value()) {
        batch_.refused.push_back(*std::move(facts.refused));
    }
    const bool is_about_mail = facts.queued.has_value() || facts.dropped.has_value() ||
                               facts.refused.has_value() || !facts.outcomes.empty();
    if (!facts.outcomes.empty()) {
        const auto lag =
            std::chrono::duration_cast<std::chrono::seconds>(now - facts.outcomes.back().at);
        state_.with(
            [&](FollowState& state) { state.lag = std::max(lag, std::chrono::seconds(0)); });
    }
    for (mail::MtaOutcome& outcome : facts.outcomes) {
        const RecentMessages::Message* const known = messages_.find(outcome.queue_id);
        const bool by_program = facts.intake == maillog::Intake::Program ||
                                (known != nullptr && known->intake == maillog::Intake::Program);
        if (!by_program || !is_hand_over(outcome)) {
            note(std::move(outcome), settings);
        }
    }
    return is_about_mail;
}

void OutcomeFlow::note(mail::MtaOutcome outcome, const config::Settings& settings) {
    ports::JournalEntry entry;
    entry.key = mail::recipient_key(outcome.recipient);
    if (!outcome.sender.has_value()) {
        outcome.sender = sender_of(outcome.queue_id, entry.key);
    }
    // A local transport is recognised by its configuration, whatever its name.
    if (const std::string program(outbound::program_of(outcome.mailer, settings));
        mail::is_local_transport(program)) {
        outcome.mailer = program;
    }
    const auto& handed_on = settings.maillog.handed_on;
    // The name of our own relay does not tell who runs the recipient's servers.
    const bool reached = mail::reached_recipients_server(outcome, handed_on);
    entry.provider = mail::provider_of(reached ? std::string_view(outcome.relay) : "",
                                       mail::recipient_domain(entry.key));
    entry.accepted = mail::is_acceptance(outcome, handed_on) && is_of_ours(outcome);
    entry.outcome = std::move(outcome);
    batch_.entries.push_back(std::move(entry));
}

bool OutcomeFlow::is_of_ours(const mail::MtaOutcome& outcome) const {
    const auto departure = parts_.departures.find(outcome.queue_id, outcome.at);
    return departure != nullptr && departure->is_told_of(outcome);
}

std::optional<std::string> OutcomeFlow::sender_of(const std::string& queue_id,
                                                  std::string_view key) const {
    if (const RecentMessages::Message* const known = messages_.find(queue_id)) {
        return known->sender;
    }
    // Sendmail names the sender once, maybe days before the last attempt.
    const auto earlier = parts_.journal.outcomes_of(queue_id);
    if (!earlier.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "senders of messages in the MTA's log can't be looked up",
                     earlier.error().what);
        return std::nullopt;
    }
    if (earlier->empty()) {
        return std::nullopt;
    }
    const ports::JournalEntry& last = earlier->back();
    const bool is_same_message =
        last.outcome.result == mail::DeliveryResult::Deferred && last.key == key;
    return is_same_message ? last.outcome.sender : std::nullopt;
}

bool OutcomeFlow::tell_dropped() {
    const core::TimePoint now = parts_.clock.now();
    const auto tell_all = [&](std::vector<mail::DroppedMessage>& messages, const auto& tell) {
        while (!messages.empty()) {
            if (!std::ranges::all_of(parts_.listeners, [&](ports::OutcomeListener* listener) {
                    return tell(*listener, messages.back());
                })) {
                return false;
            }
            messages.pop_back();
        }
        return true;
    };
    return tell_all(batch_.dropped,
                    [now](ports::OutcomeListener& listener, const mail::DroppedMessage& message) {
                        return listener.on_dropped(message, now);
                    }) &&
           tell_all(batch_.refused,
                    [now](ports::OutcomeListener& listener, const mail::DroppedMessage& message) {
                        return listener.on_refused(message, now);
                    });
}

bool OutcomeFlow::record(const config::Settings& settings) {
    if (!tell_dropped()) {
        return false;
    }
    const core::SteadyPoint now = parts_.clock.steady_now();
    const bool is_due = !recorded_.has_value() || now - *recorded_ >= kPositionTime;
    const bool moved = !batch_.position.empty() && batch_.position != recorded_position_;
    if (batch_.entries.empty() && (!moved || !is_due)) {
        batch_.read_any = false;
        return true;
    }
    const core::TimePoint at = parts_.clock.now();
    const auto recorded =
        parts_.journal.record(batch_.entries,
                              source_,
                              batch_.position,
                              {.keep = settings.journal.keep,
                               .entries = static_cast<std::int64_t>(settings.journal.entries),
                               .known_good = settings.outage.known_good},
                              at);
    if (!recorded.has_value()) {
        note_trouble("store", recorded.error().what);
        return false;
    }
    recorded_ = now;
    recorded_position_ = batch_.position;
    const Batch done = std::exchange(batch_, {});
    state_.with([&](FollowState& state) {
        for (const ports::JournalEntry& entry : done.entries) {
            count(state, entry.outcome);
        }
        state.position = done.position;
        state.recorded_at = at;
    });
    return true;
}

bool OutcomeFlow::tell() {
    while (true) {
        const auto entries = parts_.journal.untold(kToldAtOnce);
        if (!entries.has_value()) {
            note_trouble("store", entries.error().what);
            return false;
        }
        if (entries->empty()) {
            return true;
        }
        const core::TimePoint now = parts_.clock.now();
        std::int64_t told = 0;
        bool heard = true;
        for (const ports::JournalEntry& entry : *entries) {
            heard = std::ranges::all_of(parts_.listeners,
                                        [&entry, now](ports::OutcomeListener* listener) {
                                            return listener->on_outcome(entry, now);
                                        });
            if (!heard) {
                break;
            }
            told = entry.id;
        }
        if (told > 0) {
            if (const auto noted = parts_.journal.told(told); !noted.has_value()) {
                note_trouble("store", noted.error().what);
                return false;
            }
        }
        if (!heard) {
            return false;
        }
    }
}

void OutcomeFlow::note_trouble(std::string_view kind, const std::string& what) {
    state_.with([&](FollowState& state) { state.trouble = what; });
    if (const auto left_out = warnings_.admit(kind, parts_.clock.steady_now())) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("maillog: {}; tried again until it works{}",
                                     core::log_safe(what),
                                     *left_out > 0 ? fmt::format(" left_out={}", *left_out) : ""));
    }
}

}  // namespace holdback::flow::incoming
