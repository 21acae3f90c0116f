// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells senders who was held, and obeys their answers: the work that no session waits for.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/seal.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/held/send_as.hpp"
#include "flow/notices/notice_reader.hpp"
#include "flow/notices/notice_work.hpp"
#include "flow/own_mail.hpp"
#include "flow/snapshot.hpp"
#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "ports/notice_store.hpp"
#include "report/rate_limit.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::notices {

/// The use case. Its work is done by one thread.
class NoticeFlow {
public:
    /// What the flow works with; all outlive it.
    struct Parts {
        ports::NoticeStore& notices;
        ports::HeldStore& held;
        ports::MessageReader& reader;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        held::ReleaseFlow& release;
        held::SendAs& send_as;
        const NoticeReader& reader_of;
        const SnapshotSource& snapshots;
        /// Who lets stopped campaigns go on; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// The keys of the seal, which sign tokens too.
        std::function<dsn::SealKeys()> keys;
        /// Gives an unpredictable lower-case hexadecimal text of 12 digits.
        std::function<std::string()> make_id;
    };

    explicit NoticeFlow(Parts parts) : parts_(std::move(parts)) {}

    /// Obeys the answers that were taken, and makes the notices that are due. Called every second
    /// or so by one thread.
    void work(const config::Settings& settings);

private:
    void obey(const ports::NoticeCommand& command, const config::Settings& settings);
    /// What one notice tells of.
    struct ToTell {
        ports::NoticeGroup group;  ///< with the sender as he is told of
        std::vector<ports::HeldItem> items;
    };
    /// Tells of a group, and of those that belong to it: `told` gets these.
    void notify(const ports::NoticeGroup& of,
                const config::Settings& settings,
                std::vector<ports::NoticeGroup>& told);
    /// What is to be told of a group; of a sender with another address for each recipient, what is
    /// to be told of all these. nullopt: nothing, or trouble that was logged.
    [[nodiscard]] std::optional<ToTell> to_tell(const ports::NoticeGroup& group,
                                                std::vector<ports::NoticeGroup>& told);
    /// Items of a stopped campaign about which there is a notice belong to that; gives the others.
    [[nodiscard]] std::vector<ports::HeldItem> adopt(const ports::NoticeGroup& group,
                                                     std::vector<ports::HeldItem> items);
    /// The good recipients of the same messages whom the MTA refused when they were sent on.
    [[nodiscard]] std::vector<letters::RefusedRow> refused_beside(
        const std::vector<ports::HeldItem>& items);
    [[nodiscard]] letters::NoticeFacts facts_of(const ports::NoticeGroup& group,
                                                const std::vector<ports::HeldItem>& items,
                                                const config::Settings& settings);
    /// How many recipients a sender can release just now.
    [[nodiscard]] std::size_t left_for(const ports::NoticeGroup& group,
                                       const config::Settings& settings);
    /// Within the budget; what it does not allow becomes a remark. The error is for the log.
    [[nodiscard]] core::Result<std::vector<held::ItemOutcome>, std::string> release(
        std::span<const std::int64_t> ids,
        const ports::Notice& notice,
        const config::Settings& settings,
        std::string_view cause,
        const letters::NoticeTexts& texts,
        std::vector<std::string>& remarks);
    /// Sends one item to the address that the notice suggests. False when the command is to be
    /// obeyed again later.
    [[nodiscard]] bool release_as(const ports::ReleaseAs& as,
                                  const ports::NoticeCommand& command,
                                  const ports::Notice& notice,
                                  const config::Settings& settings,
                                  NoticeWork& work,
                                  std::vector<std::string>& remarks);
    void confirm(const ports::NoticeCommand& command,
                 const ports::Notice& notice,
                 letters::ConfirmationFacts facts,
                 const config::Settings& settings,
                 const letters::NoticeTexts& texts);
    [[nodiscard]] std::string subject_of(const ports::HeldItem& item) const;
    void purge(const config::Settings& settings);
    void trouble(std::string_view what);

    Parts parts_;
    std::optional<core::SteadyPoint> purged_;
    report::RateLimit limit_;
};

}  // namespace holdback::flow::notices
