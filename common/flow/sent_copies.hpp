// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers who got which campaign, so that nobody gets it twice.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "flow/recent_messages.hpp"
#include "mail/envelope.hpp"
#include "mail/outcome.hpp"
#include "outbound/findings.hpp"
#include "ports/campaign_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::flow {

/// What identifies a message when we ask whether it was sent before.
struct SentMessage {
    std::string issue;  ///< the same content in the same campaign: `CampaignIdentity::issue`
    /// Equal for two submissions of one message: `outbound::header_digest`.
    std::string submission;
};

/// Remembers the copies that we let go. The MTA may still not take such a message: another milter
/// or the MTA itself may refuse it, and then its client submits it again. So a copy counts against
/// every other message as soon as we let it go. Against the very same message it counts only once
/// it is known to have left, by the MTA's log or because the MTA took it on release. Copies that
/// the log calls refused or bounced are forgotten.
///
/// Safe from several threads. Everything is kept in memory first, and `work` stores it.
class SentCopies final : public ports::OutcomeListener {
public:
    /// All outlive the object.
    struct Parts {
        ports::CampaignStore& store;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit SentCopies(const Parts& parts) : parts_(parts) {}

    /// Fills in for each recipient when they got the same, if that was within `window` and by
    /// another message than this one. Leaves out those to whom the message comes again (see
    /// `Recipient::is_counted`). `facts` are in the order of `recipients`. On an error of the store
    /// nothing is filled in.
    [[nodiscard]] core::Result<void, std::string> look_up(
        const SentMessage& message,
        std::span<const mail::Recipient> recipients,
        std::chrono::seconds window,
        std::vector<outbound::RecipientFacts>& facts);

    /// We let a message go to these recipients (spelled in any way that reaches the mailbox).
    void let_go(const SentMessage& message,
                std::string_view queue_id,
                std::span<const mail::Recipient> recipients);

    /// The MTA has taken a copy.
    void left(std::string_view issue, std::string_view recipient);

    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;
    [[nodiscard]] bool on_refused(const mail::DroppedMessage& message,
                                  core::TimePoint now) override;

    /// Stores what is new.
    void work();

private:
    /// nullopt: the copy is to be forgotten.
    using Unwritten = std::unordered_map<ports::SentKey, std::optional<core::TimePoint>>;

    /// A message that we let go and that the log may mention.
    struct LetGo {
        std::string issue;
        std::vector<ports::SentKey> keys;  ///< ascending
        core::TimePoint at;
    };
    using Going = RecentMessages<LetGo>;
    /// Eight octets for each.
    static constexpr std::size_t kMostGoingRecipients = 500'000;

    void note(std::span<const ports::SentKey> keys, std::optional<core::TimePoint> at);

    Parts parts_;
    core::Guarded<Unwritten> unwritten_;
    core::Guarded<Going> going_{Going(kMostGoingRecipients)};
};

}  // namespace holdback::flow
