// SPDX-License-Identifier: Apache-2.0
#include "flow/judged_before.hpp"

#include "core/clock.hpp"
#include "dsn/seal.hpp"
#include "flow/seals.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/received.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

/// Seals of a message that are looked at: one is ours, and another system may have put one beside.
constexpr std::size_t kMostSeals = 4;
constexpr std::size_t kMostPassesKept = 500'000;

std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

}  // namespace

void JudgedBefore::left(const mail::Envelope& envelope, std::span<const std::size_t> positions) {
    if (envelope.queue_id.empty() || positions.empty()) {
        return;
    }
    Departed message{
        .at = parts_.clock.now(), .sender = hash_of(seal_key(envelope.sender)), .recipients = {}};
    message.recipients.reserve(positions.size());
    for (const std::size_t i : positions) {
        message.recipients.push_back(hash_of(seal_key(envelope.recipients.at(i))));
    }
    std::ranges::sort(message.recipients);
    const core::TimePoint oldest = message.at - kFresh;
    known_.with([&](Known& known) {
        known.recipients += message.recipients.size();
        const auto [place, is_new] = known.messages.try_emplace(envelope.queue_id);
        if (is_new) {
            known.order.push_back(envelope.queue_id);
        }
        // The MTA uses a queue id again when its file is gone: the last message has it.
        known.recipients -= place->second.recipients.size();
        place->second = std::move(message);
        while (known.order.size() > 1) {
            const auto first = known.messages.find(known.order.front());
            if (known.recipients <= most_recipients_ && first->second.at >= oldest) {
                break;
            }
            known.recipients -= first->second.recipients.size();
            known.messages.erase(first);
            known.order.pop_front();
        }
    });
}

bool JudgedBefore::may_be_known(const mail::Envelope& envelope) const {
    const auto id = envelope.envelope_id();
    return id.has_value() && parts_.seals.open_fresh(*id, envelope.sender, kFresh).has_value();
}

std::size_t JudgedBefore::recognise(const mail::HeaderList& headers, mail::Envelope& envelope) {
    std::vector<dsn::OpenSeal> seals;
    const std::vector<std::string> fields = headers.all(dsn::kSealField);
    for (const std::string& text : std::span(fields).first(std::min(fields.size(), kMostSeals))) {
        if (auto seal = parts_.seals.open_fresh(text, envelope.sender, kFresh)) {
            seals.push_back(*std::move(seal));
        }
    }
    const std::vector<std::string> ids = outbound::trace_ids(headers);
    const core::TimePoint oldest = parts_.clock.now() - kFresh;
    const std::uint64_t sender = hash_of(seal_key(envelope.sender));
    // The queue id under which the message left to this recipient; empty when none is known.
    const auto id_of = [&](const Known& known, std::uint64_t recipient) -> std::string_view {
        for (const std::string& id : ids) {
            const auto message = known.messages.find(id);
            if (message != known.messages.end() && message->second.sender == sender &&
                message->second.at >= oldest &&
                std::ranges::binary_search(message->second.recipients, recipient)) {
                return id;
            }
        }
        return {};
    };
    std::size_t judged = 0;
    for (mail::Recipient& recipient : envelope.recipients) {
        const std::string key = seal_key(recipient);
        const auto seal = std::ranges::find_if(
            seals, [&](const dsn::OpenSeal& each) { return each.covers(key); });
        std::string name;
        if (seal != seals.end()) {
            name = seal->message();
        } else if (!ids.empty()) {
            name = known_.with(
                [&](const Known& known) { return std::string(id_of(known, hash_of(key))); });
        }
        recipient.judged = !name.empty() && count_pass(name, key);
        judged += recipient.judged ? 1 : 0;
    }
    return judged;
}

bool JudgedBefore::count_pass(std::string_view name, std::string_view recipient) {
    const std::uint64_t pass = hash_of(fmt::format("{} {}", name, recipient));
    const core::TimePoint now = parts_.clock.now();
    return passes_.with([&](Passes& passes) {
        // Whatever it was for is not fresh any more.
        while (!passes.order.empty() && (passes.order.front().first < now - 2 * kFresh ||
                                         passes.order.size() >= kMostPassesKept)) {
            passes.counts.erase(passes.order.front().second);
            passes.order.pop_front();
        }
        const auto [count, is_new] = passes.counts.try_emplace(pass, std::uint8_t{0});
        if (is_new) {
            passes.order.emplace_back(now, pass);
        }
        if (count->second >= kMostPasses) {
            return false;
        }
        ++count->second;
        return true;
    });
}

}  // namespace holdback::flow
