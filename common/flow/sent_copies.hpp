// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who got which campaign, so that nobody gets it twice.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "mail/envelope.hpp"
#include "mail/outcome.hpp"
#include "outbound/findings.hpp"
#include "ports/campaign_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::flow {

/// A message as far as it is asked whether it is sent for the second time.
struct SentMessage {
    std::string issue;  ///< what is said, in which campaign: `CampaignIdentity::issue`
    /// Equal for two submissions of one message: `outbound::header_digest`.
    std::string submission;
};

/// Remembers what we let go. That we let a message go does not say that the MTA took it: another
/// milter or the MTA itself may refuse it afterwards, and then its client submits it again. So a
/// copy counts against every other message from the moment on when we let it go, and against the
/// very same message only once it is known that it left: by the MTA's log, or because it was
/// released and the MTA said so. What the log says was refused or bounced is forgotten.
///
/// Safe from several threads. Everything is in memory first, and `work` writes it down.
class SentCopies final : public ports::OutcomeListener {
public:
    /// All outlive the object.
    struct Parts {
        ports::CampaignStore& store;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit SentCopies(const Parts& parts) : parts_(parts) {}

    /// Fills in when the recipients of `facts` got the message, one by one as in `recipients`, as
    /// far as that was within `window` and the message is not itself what was sent then
    /// (`Recipient::is_counted`). The error is the store's; nothing is filled in then.
    [[nodiscard]] core::Result<void, std::string> look_up(
        const SentMessage& message,
        std::span<const mail::Recipient> recipients,
        std::chrono::seconds window,
        std::vector<outbound::RecipientFacts>& facts);

    /// We let a message go to these recipients (any spelling that has a mailbox).
    void let_go(const SentMessage& message,
                std::string_view queue_id,
                std::span<const mail::Recipient> recipients);

    /// The MTA has taken a copy.
    void left(std::string_view issue, std::string_view recipient);

    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;
    [[nodiscard]] bool on_refused(const mail::DroppedMessage& message,
                                  core::TimePoint now) override;

    /// Writes down what is new.
    void work();

private:
    /// nullopt: it is to be forgotten.
    using Unwritten = std::unordered_map<ports::SentKey, std::optional<core::TimePoint>>;

    /// A message that we let go and of which the log may tell.
    struct LetGo {
        std::string issue;
        std::vector<ports::SentKey> keys;  ///< ascending
        core::TimePoint at;
    };
    /// The ones let go last, bounded by their recipients.
    struct Going {
        std::unordered_map<std::string, LetGo> by_queue_id;
        std::deque<std::string> in_order;
        std::size_t recipients = 0;

        /// The message of a line of the log from this time, or nullptr; queue ids come again.
        [[nodiscard]] const LetGo* find(const std::string& queue_id, core::TimePoint at) const;
    };

    void note(std::span<const ports::SentKey> keys, std::optional<core::TimePoint> at);

    Parts parts_;
    core::Guarded<Unwritten> unwritten_;
    core::Guarded<Going> going_;
};

}  // namespace holdback::flow
