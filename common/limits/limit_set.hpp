// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which limits apply to a recipient.

#include "config/limit.hpp"
#include "mail/ip_address.hpp"
#include "terms/stream.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::limits {

/// The sender of a message, as limits see it. What is not known is empty, and no limit by it
/// applies.
struct Subject {
    std::string user;    ///< SASL user
    std::string sender;  ///< envelope sender without brackets; empty: the null sender
    std::optional<mail::IpAddress> client;
    std::string daemon;
};

/// What is counted together.
struct CounterName {
    std::string limit;     ///< its name
    std::string key;       ///< the user, sender, …; empty for everyone
    std::string stream;    ///< as the limit says
    std::string provider;  ///< as the limit says, or the provider's own name

    auto operator<=>(const CounterName&) const = default;
};

/// A limit that applies to a recipient, and the counter that it goes by.
struct Applying {
    const config::Limit* limit = nullptr;  ///< lives as long as its set
    CounterName counter;
};

/// All `[[limit]]` tables. Immutable.
class LimitSet {
public:
    LimitSet() = default;
    /// `lists`: the lines of the files that limits name, by path.
    LimitSet(std::vector<config::Limit> limits,
             const std::map<std::string, std::vector<std::string>, std::less<>>& lists);

    [[nodiscard]] bool is_empty() const { return limits_.empty(); }

    /// The tables that match a sender, whatever the mail is, in their order: for `applying`.
    struct Matching {
        const config::Limit* limit;
        std::string key;
    };
    [[nodiscard]] std::vector<Matching> matching(const Subject& subject) const;

    /// Of the matching tables, the first of each name that takes the stream and the destination.
    /// `provider` is `mail::provider_of` the recipient, `domain` the recipient's domain.
    [[nodiscard]] static std::vector<Applying> applying(std::span<const Matching> matching,
                                                        terms::Stream stream,
                                                        std::string_view provider,
                                                        std::string_view domain);

    /// The cap that is in force for a counter and a window; nullopt: there is none any more.
    [[nodiscard]] std::optional<std::size_t> cap_of(const CounterName& counter,
                                                    std::chrono::seconds window) const;

private:
    /// What a table matches: the patterns of its file, or its one pattern.
    struct Patterns {
        std::set<std::string, std::less<>> whole;  ///< without `*` and `?`: a list may be long
        std::vector<std::string> globs;
        std::vector<mail::Network> networks;
    };

    [[nodiscard]] static bool covers(const Patterns& patterns,
                                     std::string_view key,
                                     const std::optional<mail::IpAddress>& client);

    std::vector<config::Limit> limits_;
    std::vector<Patterns> patterns_;  ///< one for each limit
};

}  // namespace holdback::limits
