// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which messages are one campaign, how many of its recipients are bad, and whether it is stopped.

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

/// The names by which a bulk message belongs to others. All empty for a message that says nothing
/// of the kind.
struct CampaignIdentity {
    /// One for all messages of a campaign. Feedback-ID and List-Id name a list, not what is sent to
    /// it today: with them, messages are one campaign when their text is the same as well.
    std::string key;
    /// For people: the value of the header field, or the name of the text, else of the subject.
    std::string name;
    /// Of the same thing said to the same people, for `already-sent`: only where the message says
    /// that it is of a campaign, by the campaign header or List-Id, and by what the recipient
    /// reads. The header alone is not enough: "order-confirmation" names a kind of letter. Links
    /// count by their hosts alone in mail that calls itself a list's (List-Id, List-Unsubscribe,
    /// Precedence): elsewhere a link may be all that matters (a password is set anew twice).
    std::string issue;

    bool operator==(const CampaignIdentity&) const = default;
};

/// A campaign belongs to a `sender` (as `RepeatWindow` knows it), whatever names it: two
/// applications of one domain may number theirs alike. `said` is the `exact_digest` of the message.
[[nodiscard]] CampaignIdentity campaign_identity(const mail::HeaderList& headers,
                                                 const config::BulkSettings& settings,
                                                 const StreamDecision& stream,
                                                 std::string_view sender,
                                                 std::string_view said,
                                                 const RepeatWindow::Counts& counts);

/// Whether links count by their hosts alone in what a message says.
[[nodiscard]] Links links_that_count(const mail::HeaderList& headers);

/// True when the campaign header names the campaign, so that its body need not be read.
[[nodiscard]] bool is_named_by_header(const mail::HeaderList& headers,
                                      const config::BulkSettings& settings);

enum class CampaignState : std::uint8_t {
    Running,
    Stopped,
    Continued,  ///< was stopped, and somebody said that it may go on: it is not stopped again
};

[[nodiscard]] std::string_view wire_name(CampaignState state);
[[nodiscard]] std::optional<CampaignState> parse_campaign_state(std::string_view name);

/// A campaign so far.
struct Campaign {
    std::string key;
    std::string name;
    KnownText text;            ///< empty where it is known by a header field or a subject
    std::string shown_sender;  ///< of its last message
    std::uint64_t recipients = 0;
    std::uint64_t bad = 0;  ///< would be held or refused for a reason of their own
    CampaignState state = CampaignState::Running;
    core::TimePoint seen_at;

    bool operator==(const Campaign&) const = default;
};

/// True when the campaign has too many bad recipients for `stop_above` and `stop_minimum`.
[[nodiscard]] bool is_over(const Campaign& campaign, const config::BulkSettings& settings);

/// The campaigns seen last. Bounded: the one seen longest ago is forgotten, a stopped one only when
/// all are.
class Campaigns {
public:
    explicit Campaigns(std::size_t most = 10'000) : most_(most) {}

    struct Counted {
        Campaign campaign;         ///< with this message
        bool stopped_now = false;  ///< it was this message that stopped it
    };

    /// Counts a message of a campaign. `campaign` says what it is; its counts are of this message.
    [[nodiscard]] Counted count(Campaign campaign, const config::BulkSettings& settings);

    /// Lets stopped campaigns of this name go on; gives how many there were. With a sender, those
    /// alone whose last message came from it (compared without letter case).
    std::size_t continue_all(std::string_view name,
                             std::optional<std::string_view> sender = std::nullopt);

    [[nodiscard]] std::vector<Campaign> stopped() const;
    [[nodiscard]] std::size_t size() const { return by_age_.size(); }

    /// What has changed since the last call, and the way back for what could not be kept.
    [[nodiscard]] std::vector<Campaign> take_changed();
    void change_again(std::span<const Campaign> campaigns);
    /// As it was before a restart. Oldest first.
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
