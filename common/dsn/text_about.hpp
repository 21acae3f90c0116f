// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which part of a report's text for humans is about which recipient.

#include "dsn/report.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// Recipients that are named at the same place and are all told the text there. One mailbox has few
/// outcomes; more of them are made up, and each would have the same text read once more.
inline constexpr std::size_t kMostAtOnePlace = 8;

/// A report's text, cut up by recipient. Made in time linear in the text and the addresses.
class TextAbout {
public:
    /// Looks for all recipients in one pass. The report must outlive this and stay as it is.
    explicit TextAbout(const Report& report);

    /// The text about the recipient with this number: all of it when there is only one, or what
    /// begins with a line of its own ("<address>:", as Postfix and qmail write it); else from where
    /// either of its addresses is first named to where another recipient is. Empty when it is
    /// never named, and for all but `kMostAtOnePlace` recipients that are named at the same place.
    [[nodiscard]] std::string_view of(std::size_t recipient) const { return texts_[recipient]; }

private:
    std::vector<std::string_view> texts_;  ///< one per recipient, within the report's text
};

/// Where each of many strings first stands in a text, without regard to the case of ASCII letters:
/// one position per string, npos where it does not stand and for an empty string. Takes time and
/// memory linear in the text and the strings, whatever they are (Aho and Corasick's automaton).
[[nodiscard]] std::vector<std::size_t> first_places(std::string_view text,
                                                    const std::vector<std::string_view>& strings);

}  // namespace holdback::dsn
