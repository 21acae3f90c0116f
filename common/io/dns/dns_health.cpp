// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_health.hpp"

#include "core/clock.hpp"
#include "io/dns/dns_source.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace holdback::io::dns {

DnsHealth::News DnsHealth::look(const DnsCounters& counters, core::SteadyPoint now) {
    constexpr std::chrono::minutes kShown{1};
    samples_.push_back({now, {.asked = counters.ended, .answered = counters.answered}});
    while (samples_.size() > 2 && samples_[1].when <= now - kShown) {
        samples_.pop_front();
    }
    // Ended questions count too: some of them could not even be sent.
    const std::uint64_t asked = counters.queries + counters.ended;
    if (counters.replies > replies_) {
        replies_ = counters.replies;
        asked_at_reply_ = asked;
        unheard_since_.reset();
        first_sign_.reset();
        last_sign_.reset();
        return std::exchange(silent_, false) ? News::Heard : News::None;
    }
    if (!unheard_since_.has_value()) {
        if (asked > asked_at_reply_) {
            unheard_since_ = now;
        }
        return News::None;
    }
    if (!silent_ && first_sign_.has_value() && now - *first_sign_ >= kForAnswer) {
        silent_ = true;
        return News::Silent;
    }
    const bool is_due = last_sign_.has_value() ? now - *last_sign_ >= kForAnswer
                                               : now - *unheard_since_ >= kUntilAsked;
    if (is_due) {
        last_sign_ = now;
        first_sign_ = first_sign_.value_or(now);
        return News::Ask;
    }
    return News::None;
}

DnsHealth::Share DnsHealth::last_minute() const {
    if (samples_.empty()) {
        return {};
    }
    const Share& first = samples_.front().total;
    const Share& last = samples_.back().total;
    return {.asked = last.asked - first.asked, .answered = last.answered - first.answered};
}

}  // namespace holdback::io::dns
