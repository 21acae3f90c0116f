// SPDX-License-Identifier: Apache-2.0
#pragma once
// Searches a text for many fixed strings at once.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

/// A set of strings, made once and searched often. Immutable; share it freely between threads.
///
/// Each string is filed under three of its octets, those that the fewest other strings have. A
/// search looks up every three octets of the text and compares the few strings that are filed
/// there: its cost depends on the text, and hardly on the number of strings. Letters A-Z of the
/// text match a-z; other octets match themselves.
class LiteralSet {
public:
    static constexpr std::size_t kShortest = 3;

    LiteralSet() = default;
    /// `literals` are in lower case, and known by their position. Throws std::invalid_argument when
    /// one is shorter than `kShortest` octets, when one has 65535 octets or more, or when there are
    /// that many.
    explicit LiteralSet(std::span<const std::string> literals);

    /// Calls `found(which, begin)` for each place in the text where a string stands, in no
    /// particular order. `which` is the string's position in the set, `begin` that of its first
    /// octet.
    template <typename Found>
    void search(std::string_view text, const Found& found) const {
        std::uint32_t window = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            window = slide(window, text[at]);
            const std::size_t slot = slot_of(window);
            if (!used_[slot]) {
                continue;
            }
            for (std::size_t which = first_[slot]; which != kNone; which = keys_[which].next) {
                const Key& key = keys_[which];
                if (at >= key.window_end && stands_at(text, at - key.window_end, key)) {
                    found(which, at - key.window_end);
                }
            }
        }
    }

private:
    /// How one string is found. Its position is that of the string.
    struct Key {
        std::uint32_t begin = 0;       ///< in `octets_`
        std::uint16_t size = 0;        ///< in octets
        std::uint16_t window_end = 0;  ///< where the last of the three octets stands in the string
        std::uint16_t next = kNone;    ///< the next string in the same slot
    };

    static constexpr std::uint16_t kNone = 0xFFFF;
    static constexpr unsigned kFewestSlotBits = 8;
    static constexpr unsigned kMostSlotBits = 15;

    [[nodiscard]] static std::uint32_t slide(std::uint32_t window, char octet) {
        const bool capital = octet >= 'A' && octet <= 'Z';
        const auto lower = static_cast<unsigned char>(capital ? octet - 'A' + 'a' : octet);
        return ((window << 8U) | lower) & 0xFFFFFFU;
    }
    /// Spreads windows over the slots by Knuth's multiplicative hashing.
    [[nodiscard]] std::size_t slot_of(std::uint32_t window) const {
        return (window * 2654435761U) >> (32U - slot_bits_);
    }
    [[nodiscard]] static unsigned slot_bits_for(std::size_t literals);
    [[nodiscard]] bool stands_at(std::string_view text, std::size_t begin, const Key& key) const;

    unsigned slot_bits_ = kFewestSlotBits;  ///< there are 2^this slots, some for each string
    std::string octets_;                    ///< all strings, one after the other
    std::vector<Key> keys_;
    std::vector<std::uint16_t> first_;       ///< the first string of each slot, or `kNone`
    std::bitset<1U << kMostSlotBits> used_;  ///< the slots in use; small enough to stay in cache
};

}  // namespace holdback::core
