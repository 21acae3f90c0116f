// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the part of a report's human text that is about each recipient.

#include "dsn/report.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// The most recipients named at one place that get the text there. One mailbox has few outcomes;
/// more of them are made up, and each would have the same text read once more.
inline constexpr std::size_t kMostAtOnePlace = 8;

/// A report's text, divided by recipient. Made in time linear in the text and the addresses.
class TextAbout {
public:
    /// Looks for all recipients in one pass. The report must outlive this and must not change.
    explicit TextAbout(const Report& report);

    /// The text about the recipient with this number. A sole recipient has the whole text, or the
    /// part from a line of its own on ("<address>:", as Postfix and qmail write it). Among several,
    /// the text goes from the first mention of either address to that of another recipient. Empty
    /// for a recipient that is never named, and beyond `kMostAtOnePlace` recipients at one place.
    [[nodiscard]] std::string_view of(std::size_t recipient) const { return texts_[recipient]; }

private:
    std::vector<std::string_view> texts_;  ///< one per recipient, within the report's text
};

/// The first place of each of many strings in a text, ignoring the case of ASCII letters: one
/// position per string, npos for a string that does not occur or is empty. Takes time and memory
/// linear in the text and the strings, whatever they are (Aho and Corasick's automaton).
[[nodiscard]] std::vector<std::size_t> first_places(std::string_view text,
                                                    const std::vector<std::string_view>& strings);

}  // namespace holdback::dsn
