// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `[notice]` says of one sender: whom to tell of his held mail, and in which language.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

enum class NoticeTo : std::uint8_t {
    Sender,  ///< the envelope sender
    User,    ///< the SASL user
    From,    ///< the header field From, where that is one of ours
    Fixed,   ///< an address of the settings
};

[[nodiscard]] std::string_view wire_name(NoticeTo to);

/// To whom notices go.
struct NoticeTarget {
    NoticeTo to = NoticeTo::Sender;
    std::string address;  ///< with `Fixed`

    bool operator==(const NoticeTarget&) const = default;
};

/// An entry of a list: what is so for senders of a pattern (see `mail::pattern_covers`).
template <typename T>
struct ForSenders {
    std::string pattern;
    T value;

    bool operator==(const ForSenders&) const = default;
};

/// The value of the first entry that has the sender, an address; else `otherwise`.
[[nodiscard]] NoticeTarget chosen_for(std::string_view sender,
                                      const std::vector<ForSenders<NoticeTarget>>& entries,
                                      const NoticeTarget& otherwise);
[[nodiscard]] std::string chosen_for(std::string_view sender,
                                     const std::vector<ForSenders<std::string>>& entries,
                                     const std::string& otherwise);

}  // namespace holdback::config
