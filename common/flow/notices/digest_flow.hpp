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

/// The use case. Its work is done by one thread.
class DigestFlow {
public:
    /// What the flow works with; all outlive it.
    struct Parts {
        ports::DigestStore& digests;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        /// What local time is ahead of UTC at a time.
        std::function<std::chrono::seconds(core::TimePoint)> local_offset;
        /// Providers that are broken now.
        std::function<std::vector<std::string>()> outages;
    };

    explicit DigestFlow(Parts parts) : parts_(std::move(parts)) {}

    /// Sends the digest of the local day when its time has come and it has not been sent; of a day
    /// on which the daemon was down at that time, when it is up again. The first digest ever goes
    /// out on the day on which it is switched on, at once when its time is past. Called every
    /// second or so by one thread.
    void work(const config::Settings& settings);

private:
    void send(std::chrono::days day, const config::Settings& settings);
    /// Without its time.
    [[nodiscard]] letters::DigestFacts facts_of(const ports::DigestSummary& summary,
                                                const config::Settings& settings) const;
    void trouble(std::string_view what);

    Parts parts_;
    std::optional<std::chrono::days> done_;  // the last day that is known to have its digest
    report::RateLimit limit_;
};

}  // namespace holdback::flow::notices
