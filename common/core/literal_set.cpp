// SPDX-License-Identifier: Apache-2.0
#include "core/literal_set.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

LiteralSet::LiteralSet(std::span<const std::string> literals)
    : literals_(literals.begin(), literals.end()), keys_(literals.size()), first_(kSlots, kNone) {
    // How many strings each slot could hold, were they known by all of their octets.
    std::vector<std::uint32_t> shared(kSlots, 0);
    const auto each_window = [](std::string_view literal, const auto& act) {
        std::uint32_t window = 0;
        for (std::size_t at = 0; at < literal.size(); ++at) {
            window = slide(window, literal[at]);
            if (at + 1 >= kShortest) {
                act(at, slot_of(window));
            }
        }
    };
    for (const std::string& literal : literals_) {
        if (literal.size() < kShortest) {
            throw std::invalid_argument("a string too short for a LiteralSet: " + literal);
        }
        each_window(literal, [&](std::size_t, std::size_t slot) { ++shared[slot]; });
    }
    for (std::size_t i = 0; i < literals_.size(); ++i) {
        std::size_t best = kSlots;
        each_window(literals_[i], [&](std::size_t at, std::size_t slot) {
            if (best == kSlots || shared[slot] < shared[best]) {
                best = slot;
                keys_[i].window_end = static_cast<std::uint32_t>(at);
            }
        });
        keys_[i].next = first_[best];
        first_[best] = static_cast<std::uint32_t>(i);
        used_.set(best);
    }
}

bool LiteralSet::stands_at(std::string_view text, std::size_t begin, std::string_view literal) {
    return text.size() - begin >= literal.size() &&
           std::ranges::equal(text.substr(begin, literal.size()),
                              literal,
                              [](char have, char want) { return ascii_lower(have) == want; });
}

}  // namespace holdback::core
