// SPDX-License-Identifier: Apache-2.0
#include "flow/departures.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

namespace {

std::uint64_t hash_of(std::string_view recipient) {
    return std::hash<std::string_view>{}(recipient);
}

}  // namespace

void Departures::add(std::string_view queue_id, std::span<const std::string> recipients) {
    if (queue_id.empty()) {
        return;
    }
    known_.with([&](Known& known) {
        const auto [message, is_new] = known.recipients.try_emplace(std::string(queue_id));
        if (is_new) {
            known.order.emplace_back(queue_id);
        }
        for (const std::string& recipient : recipients) {
            message->second.push_back(hash_of(recipient));
        }
        known.count += recipients.size();
        while (known.count > most_recipients_ && known.order.size() > 1) {
            if (const auto oldest = known.recipients.find(known.order.front());
                oldest != known.recipients.end()) {
                known.count -= oldest->second.size();
                known.recipients.erase(oldest);
            }
            known.order.pop_front();
        }
    });
}

bool Departures::has(std::string_view queue_id, std::string_view recipient) const {
    return known_.with([&](const Known& known) {
        const auto message = known.recipients.find(std::string(queue_id));
        return message != known.recipients.end() &&
               std::ranges::find(message->second, hash_of(recipient)) != message->second.end();
    });
}

}  // namespace holdback::flow
