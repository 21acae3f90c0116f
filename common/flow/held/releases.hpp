// SPDX-License-Identifier: Apache-2.0
#pragma once
// Held mail on its way through the MTA once more.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/held/copy_checks.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/returns.hpp"
#include "flow/store_trouble.hpp"
#include "mail/envelope.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "ports/submitter.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::held {

/// The header field that marks a re-injected message with its one-time token.
inline constexpr std::string_view kReleaseField = "X-Holdback-Release";

/// The use case. Safe from several threads. Two releases of one item at the same time make one
/// mail: the store lets only one of them begin.
class Releases {
public:
    /// What it works with; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        const StoreTrouble& trouble;
        const CopyChecks& copies;
        Returns& returns;  ///< for good recipients whom the MTA refuses
        /// Who is told of copies that left; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// Makes the submitter for `[hold] reinject`.
        std::function<std::unique_ptr<ports::Submitter>(const config::HoldSettings&)>
            make_submitter;
        /// Gives an unpredictable token of printable ASCII.
        std::function<std::string()> make_token;
    };

    explicit Releases(Parts parts) : parts_(std::move(parts)) {}

    /// Re-injects items through the MTA, one submission per message; an outcome per id, in order.
    /// `cause` stands in the log and the history.
    std::vector<ItemOutcome> release(std::span<const std::int64_t> ids,
                                     const config::HoldSettings& settings,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt);

    /// A message came with this token: what is released, when the token is good for exactly this
    /// sender and these recipients. The token is used up.
    [[nodiscard]] std::optional<terms::HeldKind> claim(std::string_view token,
                                                       const mail::Envelope& envelope);

    /// True while a release of this sender and recipient is under way, so that its RCPT is not
    /// judged again.
    [[nodiscard]] bool is_releasing(const mail::Envelope& envelope,
                                    const mail::Recipient& recipient) const;

    /// Writes down how releases ended; what the store can't take now waits for `settle_again`.
    void settle(std::vector<ports::ReleaseEnd> ends);
    void settle_again();

private:
    /// The items of a message by their NOTIFY.
    [[nodiscard]] static std::map<std::string, Items> by_notify(OfMessage of_message);
    void release_message(OfMessage of_message,
                         const config::HoldSettings& settings,
                         std::string_view cause,
                         ports::InDoubt in_doubt,
                         std::vector<ItemOutcome>& outcomes);
    [[nodiscard]] std::vector<ports::RecipientOutcome> submit(OfMessage items,
                                                              const std::string& token,
                                                              const config::HoldSettings& settings);

    Parts parts_;
    core::Guarded<std::multiset<std::string>> under_way_;
    /// How releases ended that the store could not write down; they are `releasing` until it can.
    core::Guarded<std::vector<ports::ReleaseEnd>> unsettled_;
};

}  // namespace holdback::flow::held
