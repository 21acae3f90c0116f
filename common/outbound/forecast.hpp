// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is to be expected of a whole send: how many of its recipients would bounce, and where the
// trouble lies.

#include "config/policy.hpp"
#include "outbound/findings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// How mail to one recipient would end if it were sent.
enum class Outlook : std::uint8_t {
    Delivered,      ///< nothing speaks against it
    Unknown,        ///< DNS gave no answer
    LikelyBounce,   ///< no usable mail server, a misspelled domain, or mail bounced before
    CertainBounce,  ///< malformed, or a domain that takes no mail
};

/// By the gravest finding that speaks of a bounce. What the policy does about it, and findings
/// about unsubscribing, complaints and campaigns, play no part.
[[nodiscard]] Outlook outlook(std::span<const Finding> found);

/// A domain, and how many of its recipients would not get the mail.
struct TroubledDomain {
    std::string domain;
    std::size_t recipients = 0;

    bool operator==(const TroubledDomain&) const = default;
};

/// Sums up the recipients of a send, in memory that grows only with the number of troubled domains,
/// up to `kMostTroubledDomains`, and by 8 octets per recipient.
class Forecast {
public:
    /// `key` tells recipients apart: one that comes again is a duplicate. `domain` may be empty.
    void add(std::string_view key,
             std::string_view domain,
             std::span<const Finding> found,
             config::PolicyAction action);

    [[nodiscard]] std::size_t recipients() const { return hashes_.size(); }
    [[nodiscard]] std::size_t of(Outlook outlook) const {
        return outlooks_.at(static_cast<std::size_t>(outlook));
    }
    /// How many recipients stood before already.
    [[nodiscard]] std::size_t duplicates() const;
    /// The domains with the most recipients who would be held, deferred, rejected or would bounce.
    [[nodiscard]] std::vector<TroubledDomain> troubled_domains(std::size_t most) const;

    /// The predicted bounce rate and how it was computed, as lines that end with "\n". Empty
    /// without recipients.
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::uint64_t> hashes_;  // of the keys
    std::array<std::size_t, 4> outlooks_{};
    std::map<std::string, std::size_t, std::less<>> troubled_;
};

inline constexpr std::size_t kMostTroubledDomains = 100'000;

}  // namespace holdback::outbound
