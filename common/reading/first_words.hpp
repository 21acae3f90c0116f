// SPDX-License-Identifier: Apache-2.0
#pragma once
// The index of the word lists: which lines may begin with a word of a text.

#include "reading/phrase.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// A line of a file. It is read when a text has a word that may begin it.
struct PhraseLine {
    const char* begin = nullptr;
    std::uint32_t size = 0;
    std::uint16_t list = 0;

    [[nodiscard]] std::string_view text() const { return {begin, size}; }
};

/// Lines by the words that they may begin with. Phrases are read when a text first has the word.
class FirstWords {
public:
    FirstWords() : FirstWords(0) {}
    /// For about this many lines.
    explicit FirstWords(std::size_t lines);
    FirstWords(const FirstWords&) = delete;
    FirstWords& operator=(const FirstWords&) = delete;
    FirstWords(FirstWords&&) = default;
    FirstWords& operator=(FirstWords&&) = default;
    ~FirstWords() = default;

    /// `keys` is room for the words of the line.
    void add(std::uint32_t line, std::string_view text, std::vector<WordKey>& keys);

    /// The phrases that may begin with this word, in the order of their lines, and perhaps others.
    /// Safe from several threads.
    [[nodiscard]] std::span<const Phrase> phrases(WordKey key,
                                                  std::span<const PhraseLine> lines) const;

private:
    static constexpr std::size_t kLinesOfABucket = 4;
    static constexpr unsigned kKnownBits = 16;

    /// One line under one of its words.
    struct Link {
        std::uint32_t mark = 0;  ///< of the word
        std::uint32_t line = 0;
        std::uint32_t next = 0;  ///< 0: none
    };
    struct Bucket {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        mutable std::once_flag once;
        mutable std::unique_ptr<const std::vector<Phrase>> phrases;
    };

    [[nodiscard]] std::size_t place_of(WordKey key) const { return key & (buckets_.size() - 1); }
    [[nodiscard]] static std::size_t bit_of(WordKey key) { return key >> (64U - kKnownBits); }
    [[nodiscard]] static std::uint32_t mark_of(WordKey key) {
        return static_cast<std::uint32_t>(key >> 32U);
    }

    /// A bit is set for each word; most words of a text have none. Small enough to stay in cache.
    std::bitset<std::size_t{1} << kKnownBits> known_;
    std::vector<Bucket> buckets_;
    std::vector<Link> links_;
};

}  // namespace holdback::reading
