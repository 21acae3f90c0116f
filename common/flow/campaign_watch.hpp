// SPDX-License-Identifier: Apache-2.0
#pragma once
// Watches what senders send: which messages say the same, which campaigns are stopped, and who got
// them.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "flow/passing_message.hpp"
#include "flow/sent_copies.hpp"
#include "flow/store_trouble.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/campaign.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/findings.hpp"
#include "outbound/repeat_window.hpp"
#include "ports/campaign_store.hpp"
#include "ports/log.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// A bulk message as it compares with other messages.
struct WeighedCampaign {
    outbound::CampaignIdentity identity;
    outbound::KnownText text;  ///< empty unless the message is known by its text
    /// Equal for two submissions of the message: `outbound::header_digest`.
    std::string submission;
};

/// One object serves all; safe from several threads. Everything is in memory first, and `work`
/// stores it: a crash loses at most the last second.
class CampaignWatch {
public:
    /// All outlive the object.
    struct Parts {
        ports::CampaignStore& store;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit CampaignWatch(const Parts& parts)
        : parts_(parts), sent_({.store = parts.store, .log = parts.log, .clock = parts.clock}) {}

    /// Loads what an earlier run of the program stored. Call once, before any message.
    void recover();

    /// Counts a message among those of its sender. Does nothing for the null sender, which the
    /// reports and automatic replies of everybody share.
    [[nodiscard]] outbound::RepeatWindow::Counts observe(
        const PassingMessage& message, const outbound::ContentFingerprint& content);

    /// The campaign of a bulk message; `said` is the `exact_digest` of the message.
    [[nodiscard]] static WeighedCampaign campaign_of(const PassingMessage& message,
                                                     const outbound::StreamDecision& stream,
                                                     std::string_view said,
                                                     const outbound::RepeatWindow::Counts& counts);

    /// Counts the recipients of a message. Gives the campaign if it is stopped. The message that
    /// stops it is logged as an error, once.
    [[nodiscard]] std::optional<outbound::StoppedCampaign> count(const PassingMessage& message,
                                                                 const WeighedCampaign& campaign,
                                                                 std::size_t bad);

    /// Who got which campaign.
    [[nodiscard]] SentCopies& sent() { return sent_; }

    /// Lets stopped campaigns of this name go on, of one sender or of all. Gives how many there
    /// were. `cause` says who asked for it, for the log.
    std::size_t go_on(std::string_view name,
                      std::optional<std::string_view> sender,
                      std::string_view cause);

    [[nodiscard]] std::vector<outbound::Campaign> stopped() const;

    /// Stores what is new and forgets what is old. Called every second or so, and at the end, by
    /// one thread.
    void work(const config::BulkSettings& settings);

private:
    void write_campaigns();
    void say_trouble(std::string_view what, std::string_view why) const;

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::Guarded<outbound::RepeatWindow> repeats_;
    core::Guarded<outbound::Campaigns> campaigns_;
    SentCopies sent_;
    core::SteadyPoint forgotten_at_;
};

}  // namespace holdback::flow
