// SPDX-License-Identifier: Apache-2.0
#pragma once
// The choice that `[notice]` makes for one sender: whom to tell of held mail, and in which
// language.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

enum class NoticeTo : std::uint8_t {
    Sender,  ///< the envelope sender
    User,    ///< the SASL user
    From,    ///< the header field From, where its address is one of ours
    Fixed,   ///< an address in the settings
};

[[nodiscard]] std::string_view wire_name(NoticeTo to);

/// The recipient of notices.
struct NoticeTarget {
    NoticeTo to = NoticeTo::Sender;
    std::string address;  ///< with `Fixed`

    bool operator==(const NoticeTarget&) const = default;
};

/// An entry of a list: a value for the senders that a pattern covers (see `mail::pattern_covers`).
template <typename T>
struct ForSenders {
    std::string pattern;
    T value;

    bool operator==(const ForSenders&) const = default;
};

/// The value of the first entry that covers the sender; else `otherwise`.
[[nodiscard]] NoticeTarget chosen_for(std::string_view sender,
                                      const std::vector<ForSenders<NoticeTarget>>& entries,
                                      const NoticeTarget& otherwise);
[[nodiscard]] std::string chosen_for(std::string_view sender,
                                     const std::vector<ForSenders<std::string>>& entries,
                                     const std::string& otherwise);

}  // namespace holdback::config
