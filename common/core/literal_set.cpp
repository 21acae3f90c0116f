// SPDX-License-Identifier: Apache-2.0
#include "core/literal_set.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace holdback::core {

LiteralSet::LiteralSet(std::span<const std::string> literals)
    : shorter_(literals.size(), kNone), classes_(256, 0) {
    sort_octets(literals);
    plant(literals);
    link();
}

void LiteralSet::sort_octets(std::span<const std::string> literals) {
    for (const std::string& literal : literals) {
        for (const char octet : literal) {
            std::uint8_t& octets_class = classes_[static_cast<unsigned char>(octet)];
            if (octets_class == 0) {
                octets_class = static_cast<std::uint8_t>(width_);
                ++width_;
            }
        }
    }
    for (std::size_t letter = 0; letter < 26; ++letter) {
        classes_[std::size_t{'A'} + letter] = classes_[std::size_t{'a'} + letter];
    }
}

void LiteralSet::plant(std::span<const std::string> literals) {
    next_.assign(width_, 0);
    endings_.assign(1, kNone);
    for (std::size_t i = 0; i < literals.size(); ++i) {
        std::size_t state = 0;
        for (const char octet : literals[i]) {
            const std::size_t edge = (state * width_) + class_of(octet);
            if (next_[edge] == 0) {
                next_[edge] = static_cast<std::uint32_t>(endings_.size());
                endings_.push_back(kNone);
                next_.resize(next_.size() + width_, 0);
            }
            state = next_[edge];
        }
        // The same string again is told along with the first.
        shorter_[i] = endings_[state];
        endings_[state] = static_cast<std::uint32_t>(i);
    }
}

void LiteralSet::link() {
    std::vector<std::uint32_t> suffix(endings_.size(), 0);
    std::vector<std::uint32_t> queue = {0};  // by growing depth
    for (std::size_t head = 0; head < queue.size(); ++head) {
        const std::uint32_t state = queue[head];
        for (std::uint32_t step = 0; step < width_; ++step) {
            std::uint32_t& target = next_[(state * width_) + step];
            const std::uint32_t by_suffix = state == 0 ? 0 : next_[(suffix[state] * width_) + step];
            if (target == 0) {
                target = by_suffix;
                continue;
            }
            suffix[target] = by_suffix;
            queue.push_back(target);
            add_endings(target, by_suffix);
        }
    }
}

void LiteralSet::add_endings(std::uint32_t state, std::uint32_t shorter) {
    std::uint32_t* last = &endings_[state];
    while (*last != kNone) {
        last = &shorter_[*last];
    }
    *last = endings_[shorter];
}

}  // namespace holdback::core
