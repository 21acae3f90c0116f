// SPDX-License-Identifier: Apache-2.0
#include "core/literal_set.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

namespace {

void require(bool holds, const char* message) {
    if (!holds) {
        throw std::invalid_argument(message);
    }
}

}  // namespace

unsigned LiteralSet::slot_bits_for(std::size_t literals) {
    constexpr std::size_t kSlotsEach = 32;
    return std::clamp(static_cast<unsigned>(std::bit_width(literals * kSlotsEach)),
                      kFewestSlotBits,
                      kMostSlotBits);
}

LiteralSet::LiteralSet(std::span<const std::string> literals)
    : slot_bits_(slot_bits_for(literals.size())),
      keys_(literals.size()),
      first_(std::size_t{1} << slot_bits_, kNone) {
    require(literals.size() < kNone, "too many strings for a LiteralSet");
    // The number of strings in each slot if they were filed under all of their octets.
    std::vector<std::uint32_t> shared(first_.size(), 0);
    const auto each_window = [this](std::string_view literal, const auto& act) {
        std::uint32_t window = 0;
        for (std::size_t at = 0; at < literal.size(); ++at) {
            window = slide(window, literal[at]);
            if (at + 1 >= kShortest) {
                act(at, slot_of(window));
            }
        }
    };
    for (const std::string& literal : literals) {
        require(literal.size() >= kShortest, "a string too short for a LiteralSet");
        require(literal.size() < kNone, "a string too long for a LiteralSet");
        each_window(literal, [&](std::size_t, std::size_t slot) { ++shared[slot]; });
    }
    for (std::size_t i = 0; i < literals.size(); ++i) {
        Key& key = keys_[i];
        key.begin = static_cast<std::uint32_t>(octets_.size());
        key.size = static_cast<std::uint16_t>(literals[i].size());
        octets_ += literals[i];
        std::size_t best = first_.size();
        each_window(literals[i], [&](std::size_t at, std::size_t slot) {
            if (best == first_.size() || shared[slot] < shared[best]) {
                best = slot;
                key.window_end = static_cast<std::uint16_t>(at);
            }
        });
        key.next = first_[best];
        first_[best] = static_cast<std::uint16_t>(i);
        used_.set(best);
    }
}

bool LiteralSet::stands_at(std::string_view text, std::size_t begin, const Key& key) const {
    const std::string_view literal = std::string_view(octets_).substr(key.begin, key.size);
    return text.size() - begin >= literal.size() &&
           std::ranges::equal(text.substr(begin, literal.size()),
                              literal,
                              [](char have, char want) { return ascii_lower(have) == want; });
}

}  // namespace holdback::core
