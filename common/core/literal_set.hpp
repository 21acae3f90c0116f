// SPDX-License-Identifier: Apache-2.0
#pragma once
// Many fixed strings searched in a text at one go, by the automaton of Aho and Corasick (1975).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

/// A set of strings, made once and asked often. Immutable; share it freely between threads.
///
/// A search reads each octet of the text once, whatever the number of strings. Letters A-Z of the
/// text match a-z; other octets match themselves.
class LiteralSet {
public:
    /// The strings, in lower case; none is empty. They are known by their position.
    explicit LiteralSet(std::span<const std::string> literals);

    /// Calls `found` with the position of each string that ends at an octet of the text, in the
    /// order of their ends. A string that stands in the text twice is told twice.
    template <typename Found>
    void search(std::string_view text, const Found& found) const {
        std::uint32_t state = 0;
        for (const char octet : text) {
            state = next_[(state * width_) + class_of(octet)];
            for (std::uint32_t at = endings_[state]; at != kNone; at = shorter_[at]) {
                found(static_cast<std::size_t>(at));
            }
        }
    }

private:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;

    [[nodiscard]] std::uint32_t class_of(char octet) const {
        return classes_[static_cast<unsigned char>(octet)];
    }
    /// Gives each octet that a string has a class of its own.
    void sort_octets(std::span<const std::string> literals);
    /// Makes the tree of all strings; no branch leads to the root, so 0 is "none".
    void plant(std::span<const std::string> literals);
    /// Where a branch is missing, goes on as the longest proper suffix would.
    void link();
    /// Strings that end where `shorter` ends also end at `state`.
    void add_endings(std::uint32_t state, std::uint32_t shorter);

    /// The longest string that ends in each state, or `kNone`.
    std::vector<std::uint32_t> endings_;
    /// The next longest string that ends where a string does, or `kNone`: a proper suffix of it.
    std::vector<std::uint32_t> shorter_;
    /// The state behind each state and class of octets.
    std::vector<std::uint32_t> next_;
    /// By octet; those that no string has are of class 0.
    std::vector<std::uint8_t> classes_;
    std::uint32_t width_ = 1;  ///< number of classes
};

}  // namespace holdback::core
