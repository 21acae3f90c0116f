// SPDX-License-Identifier: Apache-2.0
#include "core/literal_set.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace holdback::core {

LiteralSet::LiteralSet(std::span<const std::string> literals) : shorter_(literals.size(), kNone) {
    for (const std::string& literal : literals) {
        for (const char octet : literal) {
            std::uint8_t& octets_class = classes_.at(static_cast<unsigned char>(octet));
            if (octets_class == 0) {
                octets_class = static_cast<std::uint8_t>(width_);
                ++width_;
            }
        }
    }
    for (unsigned char upper = 'A'; upper <= 'Z'; ++upper) {
        classes_.at(upper) = classes_.at(upper - 'A' + 'a');
    }

    // The tree of all strings; `next_` is 0 where a branch is missing, since none leads to the
    // root.
    next_.assign(width_, 0);
    endings_.assign(1, kNone);
    for (std::size_t i = 0; i < literals.size(); ++i) {
        std::size_t state = 0;
        for (const char octet : literals[i]) {
            const std::size_t edge =
                (state * width_) + classes_.at(static_cast<unsigned char>(octet));
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

    // By growing depth: where a branch is missing, go on as the longest proper suffix would.
    std::vector<std::uint32_t> suffix(endings_.size(), 0);
    std::vector<std::uint32_t> queue = {0};
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
            if (endings_[target] == kNone) {
                endings_[target] = endings_[by_suffix];
                continue;
            }
            std::uint32_t last = endings_[target];
            while (shorter_[last] != kNone) {
                last = shorter_[last];
            }
            shorter_[last] = endings_[by_suffix];
        }
    }
}

}  // namespace holdback::core
