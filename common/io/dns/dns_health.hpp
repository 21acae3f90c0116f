// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells from the counters of a source whether the nameservers answer.

#include "core/clock.hpp"
#include "io/dns/dns_source.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace holdback::io::dns {

/// Looks at the counters of one source once a second. Used by one thread.
class DnsHealth {
public:
    /// What a look finds that the one before did not.
    enum class News : std::uint8_t {
        None,
        Ask,     ///< nothing is heard: ask a question that every nameserver can answer at once
        Silent,  ///< no nameserver answers, not even that one
        Heard,   ///< one answers again
    };

    /// How long nothing is heard of earlier questions before the nameservers are asked for a sign.
    static constexpr std::chrono::seconds kUntilAsked{3};
    /// The time they have to give it, after which a new one is asked for.
    static constexpr std::chrono::seconds kForAnswer{4};

    [[nodiscard]] News look(const DnsCounters& counters, core::SteadyPoint now);

    /// Questions that ended in the last minute, and how many of them a nameserver answered.
    struct Share {
        std::uint64_t asked = 0;
        std::uint64_t answered = 0;
    };
    [[nodiscard]] Share last_minute() const;

    [[nodiscard]] bool is_silent() const { return silent_; }

private:
    struct Sample {
        core::SteadyPoint when;
        Share total;
    };

    std::deque<Sample> samples_;  // of the last minute and the one before it, the oldest first
    std::uint64_t replies_ = 0;
    std::uint64_t asked_at_reply_ = 0;  // what had been asked when the last reply was seen
    std::optional<core::SteadyPoint> unheard_since_;
    std::optional<core::SteadyPoint> first_sign_;  // when this silence first made us ask for one
    std::optional<core::SteadyPoint> last_sign_;
    bool silent_ = false;
};

}  // namespace holdback::io::dns
