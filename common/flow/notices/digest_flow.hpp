// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells the postmaster once a day what is held.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/own_mail.hpp"
#include "letters/digest_mail.hpp"
#include "ports/digest_store.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::notices {

/// The use case. One thread does its work.
class DigestFlow {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::DigestStore& digests;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        /// How far local time is ahead of UTC at a given time.
        std::function<std::chrono::seconds(core::TimePoint)> local_offset;
        /// Providers that have an outage now.
        std::function<std::vector<std::string>()> outages;
    };

    explicit DigestFlow(Parts parts) : parts_(std::move(parts)) {}

    /// Sends the digest of the local day when its time has come and it was not sent yet. If the
    /// daemon was down at that time, it is sent as soon as the daemon runs again that day. The
    /// first digest goes out on the day on which it is switched on, at once if the time has passed.
    /// Called every second or so by one thread.
    void work(const config::Settings& settings);

private:
    void send(std::chrono::days day, const config::Settings& settings);
    /// Except the times.
    [[nodiscard]] letters::DigestFacts facts_of(const ports::DigestSummary& summary,
                                                const config::Settings& settings) const;
    void trouble(std::string_view what);

    Parts parts_;
    std::optional<std::chrono::days> done_;  // the last day known to have its digest
    report::RateLimit limit_;
};

}  // namespace holdback::flow::notices
