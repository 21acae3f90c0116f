// SPDX-License-Identifier: Apache-2.0
#pragma once
// Submits held mail to the MTA again.

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
    /// What it uses; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        const StoreTrouble& trouble;
        const CopyChecks& copies;
        Returns& returns;  ///< for good recipients that the MTA refuses
        /// Told of copies that left; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// Told of items that left; null: nobody.
        std::function<void(const ports::HeldItem&)> item_left;
        /// Makes the submitter for `[hold] reinject`.
        std::function<std::unique_ptr<ports::Submitter>(const config::HoldSettings&)>
            make_submitter;
        /// Gives an unpredictable token of printable ASCII.
        std::function<std::string()> make_token;
    };

    explicit Releases(Parts parts) : parts_(std::move(parts)) {}

    /// Submits items to the MTA again, one submission per message. Gives an outcome per id, in
    /// order. `cause` appears in the log and the history.
    std::vector<ItemOutcome> release(std::span<const std::int64_t> ids,
                                     const config::HoldSettings& settings,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt);

    /// A message came with this token. Gives the kind of mail that is released if the token is good
    /// for this sender and all these recipients. Uses the token up.
    [[nodiscard]] std::optional<terms::HeldKind> claim(std::string_view token,
                                                       const mail::Envelope& envelope);

    /// True while a release of this sender and recipient is under way; then its RCPT is not judged
    /// again.
    [[nodiscard]] bool is_releasing(const mail::Envelope& envelope,
                                    const mail::Recipient& recipient) const;

    /// Stores how releases ended. What the store can't take now waits for `settle_again`.
    void settle(std::vector<ports::ReleaseEnd> ends);
    void settle_again();

private:
    /// The items of a message, grouped by NOTIFY.
    [[nodiscard]] static std::map<std::string, Items> by_notify(OfMessage of_message);
    void release_message(OfMessage of_message,
                         const config::HoldSettings& settings,
                         std::string_view cause,
                         ports::InDoubt in_doubt,
                         std::vector<ItemOutcome>& outcomes);
    void tell_left(const ports::HeldItem& item) const;
    [[nodiscard]] std::vector<ports::RecipientOutcome> submit(OfMessage items,
                                                              const std::string& token,
                                                              const config::HoldSettings& settings);

    Parts parts_;
    core::Guarded<std::multiset<std::string>> under_way_;
    /// Ends of releases that the store could not write; their items stay `releasing` until it can.
    core::Guarded<std::vector<ports::ReleaseEnd>> unsettled_;
};

}  // namespace holdback::flow::held
