// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells senders what is held and obeys their answers. No session waits for this work.

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

/// The use case. One thread does its work.
class NoticeFlow {
public:
    /// What the flow uses; all outlive it.
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
        /// Lets stopped campaigns go on; nullptr: they stay stopped.
        CampaignWatch* campaigns = nullptr;
        /// The keys of the seal, which also sign tokens.
        std::function<dsn::SealKeys()> keys;
        /// Gives an unpredictable text of 12 lower-case hexadecimal digits.
        std::function<std::string()> make_id;
    };

    explicit NoticeFlow(Parts parts) : parts_(std::move(parts)) {}

    /// Obeys the answers that were taken, and makes the notices that are due. Called every second
    /// or so by one thread.
    void work(const config::Settings& settings);

private:
    void obey(const ports::NoticeCommand& command, const config::Settings& settings);
    /// The contents of one notice.
    struct ToTell {
        ports::NoticeGroup group;  ///< with the sender to whom the notice is made
        std::vector<ports::HeldItem> items;
    };
    /// Makes a notice about a group and others that belong to it; adds those to `told`.
    void notify(const ports::NoticeGroup& of,
                const config::Settings& settings,
                std::vector<ports::NoticeGroup>& told);
    /// The items of a group that are still to be told. Includes the groups of a sender with another
    /// address for each recipient. nullopt: nothing, or trouble that was logged.
    [[nodiscard]] std::optional<ToTell> to_tell(const ports::NoticeGroup& group,
                                                std::vector<ports::NoticeGroup>& told);
    /// Adds the items of a stopped campaign to its earlier notice, if there is one. Gives the
    /// others.
    [[nodiscard]] std::vector<ports::HeldItem> adopt(const ports::NoticeGroup& group,
                                                     std::vector<ports::HeldItem> items);
    /// The good recipients of the same messages that the MTA refused when their copies were sent.
    [[nodiscard]] std::vector<letters::RefusedRow> refused_beside(
        const std::vector<ports::HeldItem>& items);
    [[nodiscard]] letters::NoticeFacts facts_of(const ports::NoticeGroup& group,
                                                const std::vector<ports::HeldItem>& items,
                                                const config::Settings& settings);
    /// How many recipients the sender can release now.
    [[nodiscard]] std::size_t left_for(const ports::NoticeGroup& group,
                                       const config::Settings& settings);
    /// Releases items if the budget has room for all; otherwise a remark says so. The error is for
    /// the log.
    [[nodiscard]] core::Result<std::vector<held::ItemOutcome>, std::string> release(
        std::span<const std::int64_t> ids,
        const ports::Notice& notice,
        const config::Settings& settings,
        std::string_view cause,
        const letters::NoticeTexts& texts,
        std::vector<std::string>& remarks);
    /// Releases one item to the address that the notice suggests. False when the command must be
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
