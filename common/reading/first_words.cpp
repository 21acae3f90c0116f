// SPDX-License-Identifier: Apache-2.0
#include "reading/first_words.hpp"

#include "reading/phrase.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace holdback::reading {

namespace {

/// Reads the phrases of lines together. Of lines with the same text the first one counts.
class PhrasesOfLines {
public:
    void add(const PhraseLine& line) {
        if (!seen_.insert(lower_key_of(line.text())).second || !reader_.read(line.text()).empty()) {
            return;  // `Lexicon::doubts` and `Lexicon::errors` report it
        }
        std::ranges::move(reader_.take(line.list), std::back_inserter(phrases_));
    }
    std::vector<Phrase> take() { return std::move(phrases_); }

private:
    PhraseReader reader_;
    std::unordered_set<WordKey> seen_;
    std::vector<Phrase> phrases_;
};

}  // namespace

FirstWords::FirstWords(std::size_t lines)
    : buckets_(std::bit_ceil(std::max(lines / kLinesOfABucket, std::size_t{1}))) {
    links_.reserve(lines + 1);
    links_.emplace_back();  // stands for none
}

void FirstWords::add(std::uint32_t line, std::string_view text, std::vector<WordKey>& keys) {
    find_first_keys(text, keys);
    for (const WordKey key : keys) {
        const auto link = static_cast<std::uint32_t>(links_.size());
        Bucket& bucket = buckets_[place_of(key)];
        known_.set(bit_of(key));
        links_.push_back({.mark = mark_of(key), .line = line, .next = 0});
        (bucket.first == 0 ? bucket.first : links_[bucket.last].next) = link;
        bucket.last = link;
    }
}

std::span<const Phrase> FirstWords::phrases(WordKey key, std::span<const PhraseLine> lines) const {
    if (!known_[bit_of(key)]) {
        return {};
    }
    const Bucket& bucket = buckets_[place_of(key)];
    std::uint32_t link = bucket.first;
    while (link != 0 && links_[link].mark != mark_of(key)) {
        link = links_[link].next;
    }
    if (link == 0) {
        return {};
    }
    std::call_once(bucket.once, [&] {
        PhrasesOfLines read;
        for (link = bucket.first; link != 0; link = links_[link].next) {
            read.add(lines[links_[link].line]);
        }
        bucket.phrases = std::make_unique<const std::vector<Phrase>>(read.take());
    });
    return *bucket.phrases;
}

}  // namespace holdback::reading
