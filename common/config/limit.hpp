// SPDX-License-Identifier: Apache-2.0
#pragma once
// One `[[limit]]` table: how many recipients a sender may reach in a time.

#include "config/rate.hpp"
#include "terms/policy_action.hpp"
#include "terms/stream.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

/// What is counted for itself: each user, each sender and so on, or all together.
enum class LimitKey : std::uint8_t { SaslUser, Sender, SenderDomain, Client, Daemon, Everyone };
inline constexpr std::array kAllLimitKeys{LimitKey::SaslUser,
                                          LimitKey::Sender,
                                          LimitKey::SenderDomain,
                                          LimitKey::Client,
                                          LimitKey::Daemon,
                                          LimitKey::Everyone};

/// The mail to which a limit applies.
enum class LimitStream : std::uint8_t { Any, Bulk, Direct };
inline constexpr std::array kAllLimitStreams{
    LimitStream::Any, LimitStream::Bulk, LimitStream::Direct};

/// Of the tables of one name, the first that matches applies.
struct Limit {
    std::string name;
    LimitKey key = LimitKey::SaslUser;
    /// A pattern with `*` and `?`, a network for `LimitKey::Client`, or "file:" and the path of a
    /// list of these.
    std::string match = "*";
    LimitStream stream = LimitStream::Any;
    /// Destinations: names of providers (see `mail::provider_of`) or domains, counted together.
    /// Empty: every destination, all together. "*" alone: every provider for itself.
    std::vector<std::string> provider;
    std::vector<Rate> recipients;                             ///< all of them hold
    terms::PolicyAction action = terms::PolicyAction::Defer;  ///< Defer, Hold or Reject
    bool shadow = false;  ///< what is beyond the limit is only logged

    bool operator==(const Limit&) const = default;
};

[[nodiscard]] bool covers(LimitStream wanted, terms::Stream stream);
[[nodiscard]] std::string_view wire_name(LimitKey key);
[[nodiscard]] std::string_view wire_name(LimitStream stream);

}  // namespace holdback::config
