// SPDX-License-Identifier: Apache-2.0
#pragma once
// Forecasts a whole send: how many recipients would bounce, and which domains cause most trouble.

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
    Delivered,      ///< nothing found against it
    Unknown,        ///< DNS gave no answer
    LikelyBounce,   ///< no usable mail server, a misspelled domain, or earlier bounces
    CertainBounce,  ///< malformed, or a domain that takes no mail
};

/// The outlook by the gravest finding that foretells a bounce. The policy plays no part, nor do
/// findings about unsubscribing, complaints and campaigns.
[[nodiscard]] Outlook outlook(std::span<const Finding> found);

/// A domain and the number of its recipients who would not get the mail.
struct TroubledDomain {
    std::string domain;
    std::size_t recipients = 0;

    bool operator==(const TroubledDomain&) const = default;
};

/// Sums up the recipients of a send. It needs 8 octets per recipient, and memory for at most
/// `kMostTroubledDomains` troubled domains.
class Forecast {
public:
    /// `key` identifies the recipient: a key that comes again is a duplicate. `domain` may be
    /// empty.
    void add(std::string_view key,
             std::string_view domain,
             std::span<const Finding> found,
             config::PolicyAction action);

    [[nodiscard]] std::size_t recipients() const { return hashes_.size(); }
    [[nodiscard]] std::size_t of(Outlook outlook) const {
        return outlooks_.at(static_cast<std::size_t>(outlook));
    }
    /// The number of recipients that were added before already.
    [[nodiscard]] std::size_t duplicates() const;
    /// The `most` domains with the most recipients who would bounce or be held, deferred or
    /// rejected.
    [[nodiscard]] std::vector<TroubledDomain> troubled_domains(std::size_t most) const;

    /// The predicted bounce rate and its parts, as lines that end with "\n". Empty without
    /// recipients.
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::uint64_t> hashes_;  // of the keys
    std::array<std::size_t, 4> outlooks_{};
    std::map<std::string, std::size_t, std::less<>> troubled_;
};

inline constexpr std::size_t kMostTroubledDomains = 100'000;

}  // namespace holdback::outbound
