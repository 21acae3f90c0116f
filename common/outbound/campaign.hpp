// SPDX-License-Identifier: Apache-2.0
#pragma once
// Groups messages into campaigns, counts their bad recipients, and stops campaigns that have too
// many.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/repeat_window.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::outbound {

/// The campaign of a bulk message. All fields are empty when nothing identifies a campaign.
struct CampaignIdentity {
    /// The same for all messages of a campaign. Feedback-ID and List-Id name a list, not today's
    /// issue: with them, the text must be the same as well.
    std::string key;
    /// For people: the value of the header field, else the name of the text or of the subject.
    std::string name;
    /// For `already-sent`: equal when the same sender says the same thing under the same campaign
    /// header or List-Id. Empty without these fields, and when `said` is empty. The header field
    /// alone is not enough: "order-confirmation" names a kind of letter. In mail that calls itself
    /// a list's (List-Id, List-Unsubscribe, Precedence) only the hosts of links count. In other
    /// mail a link may be all that matters, as in two password resets.
    std::string issue;

    bool operator==(const CampaignIdentity&) const = default;
};

/// Identifies the campaign of a message. It belongs to one `sender` (as `RepeatWindow` knows it):
/// two applications of one domain may use the same names. `said` is the message's `exact_digest`.
[[nodiscard]] CampaignIdentity campaign_identity(const mail::HeaderList& headers,
                                                 const config::BulkSettings& settings,
                                                 const StreamDecision& stream,
                                                 std::string_view sender,
                                                 std::string_view said,
                                                 const RepeatWindow::Counts& counts);

/// How links count in the `exact_digest` of a message: whole, or by their hosts alone.
[[nodiscard]] Links links_that_count(const mail::HeaderList& headers);

/// True when the campaign header field names the campaign. The body need not be read then.
[[nodiscard]] bool is_named_by_header(const mail::HeaderList& headers,
                                      const config::BulkSettings& settings);

enum class CampaignState : std::uint8_t {
    Running,
    Stopped,
    Continued,  ///< was stopped, and somebody let it go on; it is never stopped again
};

[[nodiscard]] std::string_view wire_name(CampaignState state);
[[nodiscard]] std::optional<CampaignState> parse_campaign_state(std::string_view name);

struct Campaign {
    std::string key;
    std::string name;
    KnownText text;            ///< empty when a header field or a subject identifies the campaign
    std::string shown_sender;  ///< of its last message
    std::uint64_t recipients = 0;
    std::uint64_t bad = 0;  ///< recipients that would be held or refused for a reason of their own
    CampaignState state = CampaignState::Running;
    core::TimePoint seen_at;

    bool operator==(const Campaign&) const = default;
};

/// True when the campaign has too many bad recipients, by `[bulk] stop_above` and `stop_minimum`.
[[nodiscard]] bool is_over(const Campaign& campaign, const config::BulkSettings& settings);

/// The campaigns seen last. Bounded: it forgets the one seen longest ago; a stopped one only when
/// all are stopped.
class Campaigns {
public:
    explicit Campaigns(std::size_t most = 10'000) : most_(most) {}

    struct Counted {
        Campaign campaign;         ///< with this message
        bool stopped_now = false;  ///< this message stopped it
    };

    /// Counts a message, and may stop its campaign. The counts in `campaign` are the message's own.
    [[nodiscard]] Counted count(Campaign campaign, const config::BulkSettings& settings);

    /// Lets stopped campaigns of this name go on; gives their number. With a sender, only campaigns
    /// whose last message came from that sender (letter case does not count).
    std::size_t continue_all(std::string_view name,
                             std::optional<std::string_view> sender = std::nullopt);

    [[nodiscard]] std::vector<Campaign> stopped() const;
    [[nodiscard]] std::size_t size() const { return by_age_.size(); }

    /// The campaigns that changed since the last call. `change_again` marks those that could not be
    /// stored.
    [[nodiscard]] std::vector<Campaign> take_changed();
    void change_again(std::span<const Campaign> campaigns);
    /// Restores a campaign from before a restart, the oldest first.
    void restore(Campaign campaign);

private:
    struct Entry {
        Campaign campaign;
        bool changed = false;
    };
    using Entries = std::list<Entry>;

    void make_room();

    std::size_t most_;
    Entries by_age_;  // last seen first
    std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace holdback::outbound
