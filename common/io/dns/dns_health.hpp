// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the nameservers answer, told from what a source of answers counts.

#include "core/clock.hpp"
#include "io/dns/dns_source.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace holdback::io::dns {

/// Looks at the counters of one source once a second. Not for several threads.
class DnsHealth {
public:
    /// What a look tells that the one before did not.
    enum class News : std::uint8_t {
        None,
        Ask,     ///< nothing is heard: ask a question that every nameserver can answer at once
        Silent,  ///< no nameserver answers, not even that one
        Heard,   ///< one answers again
    };

    /// So long nothing is heard of what was asked before the nameservers are asked for a sign.
    static constexpr std::chrono::seconds kUntilAsked{3};
    /// So long they have to give it; a new one is asked for as often.
    static constexpr std::chrono::seconds kForAnswer{4};

    [[nodiscard]] News look(const DnsCounters& counters, core::SteadyPoint now);

    /// Questions that ended in the last minute, and those of them that a nameserver answered.
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
    std::uint64_t asked_at_reply_ = 0;  // what had been sent when the last reply was seen
    std::optional<core::SteadyPoint> unheard_since_;
    std::optional<core::SteadyPoint> first_sign_;  // when a sign was asked for, in this silence
    std::optional<core::SteadyPoint> last_sign_;
    bool silent_ = false;
};

}  // namespace holdback::io::dns
