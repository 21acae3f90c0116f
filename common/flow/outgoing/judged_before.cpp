// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/judged_before.hpp"

#include "core/clock.hpp"
#include "dsn/seal.hpp"
#include "flow/incoming/seals.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/fingerprint.hpp"
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
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

/// Most seals of a message that are checked: one is ours, and another system may have added its
/// own.
constexpr std::size_t kMostSeals = 4;
constexpr std::size_t kMostPassesKept = 500'000;

std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

bool contains(const std::vector<std::uint64_t>& identities, std::uint64_t wanted) {
    return std::ranges::find(identities, wanted) != identities.end();
}

std::vector<std::uint64_t> identities_of(const mail::HeaderList& headers) {
    std::vector<std::uint64_t> hashes;
    for (const std::string& identity : outbound::earlier_identities(headers)) {
        hashes.push_back(hash_of(identity));
    }
    return hashes;
}

/// Our seals that were made for this message.
std::vector<dsn::OpenSeal> seals_on(const mail::HeaderList& headers,
                                    const mail::Envelope& envelope,
                                    const incoming::Seals& seals) {
    const std::vector<std::string> fields = headers.all(dsn::kSealField);
    std::vector<dsn::OpenSeal> found;
    if (fields.empty()) {
        return found;
    }
    const std::vector<std::string> identities = outbound::earlier_identities(headers);
    for (const std::string& text : std::span(fields).first(std::min(fields.size(), kMostSeals))) {
        auto seal = seals.open_fresh(text, envelope.sender, JudgedBefore::kOnItsWay);
        if (seal.has_value() && std::ranges::any_of(identities, [&](const std::string& identity) {
                return seal->is_of(identity);
            })) {
            found.push_back(*std::move(seal));
        }
    }
    return found;
}

}  // namespace

void JudgedBefore::Known::add(const std::string& queue_id, Seen message, std::size_t most) {
    const core::TimePoint oldest = message.at - kOnItsWay;
    entries += 1 + message.recipients.size();
    const auto [place, is_new] = messages.try_emplace(queue_id);
    if (is_new) {
        order.push_back(queue_id);
    } else {
        // The MTA uses a queue id again when its file is gone; it now belongs to the last message.
        entries -= 1 + place->second.recipients.size();
    }
    place->second = std::move(message);
    while (order.size() > 1) {
        const auto first = messages.find(order.front());
        if (entries <= most && first->second.at >= oldest) {
            break;
        }
        entries -= 1 + first->second.recipients.size();
        messages.erase(first);
        order.pop_front();
    }
}

JudgedBefore::Seen JudgedBefore::seen(const mail::Envelope& envelope,
                                      const mail::HeaderList& headers) const {
    return {.at = parts_.clock.now(),
            .sender = hash_of(incoming::seal_key(envelope.sender)),
            .identity = hash_of(outbound::identity_digest(headers)),
            .recipients = {}};
}

void JudgedBefore::left(const mail::Envelope& envelope,
                        const mail::HeaderList& headers,
                        std::span<const std::size_t> positions) {
    if (envelope.queue_id.empty() || positions.empty()) {
        return;
    }
    Seen message = seen(envelope, headers);
    message.recipients.reserve(positions.size());
    for (const std::size_t i : positions) {
        message.recipients.push_back(hash_of(incoming::seal_key(envelope.recipients.at(i))));
    }
    std::ranges::sort(message.recipients);
    departed_.with(
        [&](Known& known) { known.add(envelope.queue_id, std::move(message), most_recipients_); });
}

void JudgedBefore::came_in(const mail::Envelope& envelope, const mail::HeaderList& headers) {
    // Mail from the null sender is never taken for our own.
    if (envelope.queue_id.empty() || std::holds_alternative<mail::NullSender>(envelope.sender)) {
        return;
    }
    arrived_.with([&](Known& known) {
        known.add(envelope.queue_id, seen(envelope, headers), most_recipients_ / 4);
    });
}

bool JudgedBefore::has_come_in(const mail::HeaderList& headers,
                               const mail::Envelope& envelope) const {
    const std::vector<std::string> ids = outbound::trace_ids(headers);
    if (ids.empty()) {
        return false;
    }
    const std::vector<std::uint64_t> identities = identities_of(headers);
    const std::uint64_t sender = hash_of(incoming::seal_key(envelope.sender));
    return arrived_.with([&](const Known& known) {
        return std::ranges::any_of(ids, [&](const std::string& id) {
            const auto message = known.messages.find(id);
            return message != known.messages.end() && message->second.sender == sender &&
                   contains(identities, message->second.identity);
        });
    });
}

bool JudgedBefore::may_be_known(const mail::Envelope& envelope) const {
    const auto id = envelope.envelope_id();
    return id.has_value() && parts_.seals.open_fresh(*id, envelope.sender, kFresh).has_value();
}

bool JudgedBefore::recognise(const mail::HeaderList& headers, mail::Envelope& envelope) {
    const core::TimePoint now = parts_.clock.now();
    const std::vector<dsn::OpenSeal> seals = seals_on(headers, envelope, parts_.seals);
    const std::vector<std::string> ids = outbound::trace_ids(headers);
    if (seals.empty() && ids.empty()) {
        return false;
    }
    const std::vector<std::uint64_t> identities = identities_of(headers);
    // The queue id under which the message left to this recipient. Its sender may have changed
    // since: the MTA's maps (sender_canonical_maps, masquerade_domains) work between the passes.
    const auto departure_of = [&](const Known& known, std::uint64_t recipient) {
        for (const std::string& id : ids) {
            const auto message = known.messages.find(id);
            if (message != known.messages.end() && message->second.at >= now - kOnItsWay &&
                contains(identities, message->second.identity) &&
                std::ranges::binary_search(message->second.recipients, recipient)) {
                return std::optional(Word{.name = id, .at = message->second.at});
            }
        }
        return std::optional<Word>();
    };
    bool any = false;
    for (mail::Recipient& recipient : envelope.recipients) {
        const std::string key = incoming::seal_key(recipient);
        const auto seal = std::ranges::find_if(
            seals, [&](const dsn::OpenSeal& each) { return each.covers(key); });
        std::optional<Word> word;
        if (seal != seals.end()) {
            word = Word{.name = seal->message(), .at = seal->made()};
        } else if (!ids.empty()) {
            word = departed_.with(
                [&](const Known& known) { return departure_of(known, hash_of(key)); });
        }
        if (!word.has_value()) {
            continue;
        }
        recipient.judged = now - word->at <= kFresh && count_pass(word->name, key);
        recipient.on_its_way = !recipient.judged;
        any = true;
    }
    return any;
}

bool JudgedBefore::count_pass(std::string_view name, std::string_view recipient) {
    const std::uint64_t pass = hash_of(fmt::format("{} {}", name, recipient));
    const core::TimePoint now = parts_.clock.now();
    return passes_.with([&](Passes& passes) {
        // Drops counts whose seal or queue id is no longer fresh.
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

}  // namespace holdback::flow::outgoing
