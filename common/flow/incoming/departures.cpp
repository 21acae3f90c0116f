// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/departures.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/header.hpp"
#include "mail/outcome.hpp"
#include "ports/decision_log.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

/// Fields that neither mailq(1) nor the log shows.
constexpr auto kSecretFields = std::to_array<std::string_view>({"Message-ID", "Date", "Subject"});
/// MTAs give up after days; later they use queue ids again.
constexpr std::chrono::days kLongestInQueue{14};
/// The log's times are truncated to seconds, and its line may be older than our record.
constexpr std::chrono::seconds kSlack{5};
constexpr std::size_t kMostOfStore = 4;
/// The longest time from the decision at the end of the header to the end of the data.
constexpr std::chrono::minutes kLongestWay{10};
constexpr std::size_t kMostRecipients = 20'000;

std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

std::uint64_t hash_of_field(std::string_view name, std::string_view value) {
    return hash_of(fmt::format("{}:{}", name, value));
}

bool is_in_time(const Departure& message, core::TimePoint at) {
    return message.at() <= at + kSlack && at - message.at() <= kLongestInQueue;
}

bool has_left(const replay::RecordedMessage& message, const replay::RecordedRecipient& recipient) {
    return message.mode == config::Mode::Shadow || recipient.overridden ||
           (!recipient.held_id.has_value() && (recipient.action == config::PolicyAction::Pass ||
                                               recipient.action == config::PolicyAction::Tag));
}

}  // namespace

Departure Departure::of(const replay::RecordedMessage& message) {
    Departure departure(message.at, mail::recipient_key(message.sender_text()));
    for (const replay::RecordedRecipient& recipient : message.recipients) {
        if (has_left(message, recipient)) {
            departure.add(std::string_view(mail::recipient_key(recipient.address)));
        }
    }
    return departure;
}

bool Departure::is_to(std::string_view recipient) const {
    return std::ranges::find(recipients_, hash_of(recipient), &Recipient::key) != recipients_.end();
}

bool Departure::is_told_of(const mail::MtaOutcome& outcome) const {
    if (is_to(mail::recipient_key(outcome.recipient))) {
        return true;
    }
    return outcome.original_recipient.empty()
               ? outcome.mailer != "smtp"
               : is_to(mail::recipient_key(outcome.original_recipient));
}

std::size_t Departure::recipients_in(std::string_view domain) const {
    return static_cast<std::size_t>(
        std::ranges::count(recipients_, hash_of(domain), &Recipient::domain));
}

bool Departure::is_returned_in(const mail::HeaderList& returned) const {
    std::size_t found = 0;
    for (const std::string_view name : kSecretFields) {
        const std::uint64_t hash = hash_of_field(name, returned.first(name).value_or(""));
        found += static_cast<std::size_t>(std::ranges::count(fields_, hash));
    }
    return !fields_.empty() && found == fields_.size();
}

void Departure::add(std::span<const std::string> recipients) {
    for (const std::string& recipient : recipients) {
        add(std::string_view(recipient));
    }
}

void Departure::add(std::string_view recipient) {
    recipients_.push_back(
        {.key = hash_of(recipient), .domain = hash_of(mail::recipient_domain(recipient))});
}

void Departure::remember(const mail::HeaderList& headers) {
    fields_.clear();
    for (const std::string_view name : kSecretFields) {
        if (const auto value = headers.first(name); value.has_value() && !value->empty()) {
            fields_.push_back(hash_of_field(name, *value));
        }
    }
}

void Departures::add(std::string_view queue_id,
                     const Departure& message,
                     std::span<const std::string> recipients) {
    if (queue_id.empty()) {
        return;
    }
    known_.with([&](Known& known) {
        const auto [place, is_new] = known.messages.try_emplace(std::string(queue_id));
        const bool is_same = !is_new && place->second->sender() == message.sender();
        auto next = std::make_shared<Departure>(is_same ? *place->second : message);
        next->add(recipients);
        known.recipients += next->recipients() - (is_new ? 0 : place->second->recipients());
        place->second = std::move(next);
        if (is_new) {
            known.order.emplace_back(queue_id);
        }
        while (known.recipients > most_recipients_ && known.order.size() > 1) {
            if (const auto oldest = known.messages.find(known.order.front());
                oldest != known.messages.end()) {
                known.recipients -= oldest->second->recipients();
                known.messages.erase(oldest);
            }
            known.order.pop_front();
        }
    });
}

std::shared_ptr<const Departure> Departures::find(std::string_view queue_id,
                                                  core::TimePoint at) const {
    if (queue_id.empty()) {
        return nullptr;
    }
    auto known = known_.with([&](const Known& all) -> std::shared_ptr<const Departure> {
        const auto place = all.messages.find(std::string(queue_id));
        return place == all.messages.end() ? nullptr : place->second;
    });
    if (known != nullptr && is_in_time(*known, at)) {
        return known;
    }
    if (earlier_ == nullptr) {
        return nullptr;
    }
    const auto recorded = earlier_->of_queue_id(queue_id, kMostOfStore);
    if (!recorded.has_value()) {
        say(recorded.error().what);
        return nullptr;
    }
    for (const replay::RecordedMessage& message : *recorded) {
        auto departure = std::make_shared<const Departure>(Departure::of(message));
        if (departure->recipients() > 0 && is_in_time(*departure, at)) {
            return departure;
        }
    }
    return nullptr;
}

std::vector<std::string> Departures::recipients_of(std::string_view sender,
                                                   core::TimePoint left) const {
    if (earlier_ == nullptr) {
        return {};
    }
    auto recorded =
        earlier_->recipients_of(sender, left - kLongestWay, left + kSlack, kMostRecipients);
    if (!recorded.has_value()) {
        say(recorded.error().what);
        return {};
    }
    for (std::string& address : *recorded) {
        address = mail::recipient_key(address);
    }
    return *std::move(recorded);
}

void Departures::say(const std::string& why) const {
    if (trouble_ != nullptr) {
        trouble_->say(ports::Severity::Error, "mail that has left here can't be looked up", why);
    }
}

}  // namespace holdback::flow::incoming
