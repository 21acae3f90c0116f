// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases remember who was told of held mail, what was answered, and how much a sender has
// released.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// What one notice is about: one sender, as one user, and one campaign.
struct NoticeGroup {
    std::string sender;
    std::string user;
    std::string campaign;

    bool operator==(const NoticeGroup&) const = default;
};

/// A notice that was made.
struct Notice {
    std::string id;
    NoticeGroup group;
    bool stopped = false;  ///< it is about a campaign that was stopped as a whole
    core::TimePoint made_at;
    std::string subject;              ///< of the held mail, for confirmations
    std::vector<std::int64_t> items;  ///< number i + 1 of the notice is item i
};

/// How the sender of an item was told of it.
struct NoticeOfItem {
    std::string notice;      ///< id
    std::size_t number = 0;  ///< of the item in the notice
    std::string to;
    core::TimePoint made_at;
    /// What became of the notice as a mail, and when; nullopt: that is forgotten.
    std::optional<terms::HeldState> state;
    core::TimePoint changed_at;

    bool operator==(const NoticeOfItem&) const = default;
};

/// An item that is to be sent to another address.
struct ReleaseAs {
    std::int64_t item = 0;
    std::string address;

    bool operator==(const ReleaseAs&) const = default;
};

/// An answer that was taken from the MTA and is still to be obeyed.
struct NoticeCommand {
    std::int64_t id = 0;  ///< given by the store
    std::string notice;   ///< id of the notice
    std::string from;     ///< whom to tell what became of it
    std::string in_reply_to;
    std::string refused;                ///< why it is not obeyed, in plain words; empty: it is
    std::vector<std::int64_t> release;  ///< items
    std::vector<ReleaseAs> release_as;  ///< not in `release`
    std::vector<std::int64_t> discard;
    std::vector<std::string> remarks;
    core::TimePoint taken_at;

    bool operator==(const NoticeCommand&) const = default;
};

/// An answer to "may this sender release so many?".
struct BudgetAnswer {
    bool granted = false;
    std::size_t used = 0;  ///< within the window, what was granted included
    /// When as many as were asked for can be released; nullopt: never.
    std::optional<core::TimePoint> again_at;

    bool operator==(const BudgetAnswer&) const = default;
};

/// Notices, the answers to them and budgets. Each call is one durable transaction. Safe from
/// several threads and processes.
class NoticeStore {
public:
    NoticeStore() = default;
    NoticeStore(const NoticeStore&) = delete;
    NoticeStore& operator=(const NoticeStore&) = delete;
    NoticeStore(NoticeStore&&) = delete;
    NoticeStore& operator=(NoticeStore&&) = delete;
    virtual ~NoticeStore() = default;

    /// Groups of which the sender is to be told and has not been: something of them has been held
    /// since `before` or earlier, and something is still held.
    [[nodiscard]] virtual core::Result<std::vector<NoticeGroup>, StoreError> due(
        core::TimePoint before) = 0;

    /// What is still held of a group and not told of, in order of id, at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<HeldItem>, StoreError> untold(
        const NoticeGroup& group, std::size_t most) = 0;

    /// Nobody is told of what is held by now.
    [[nodiscard]] virtual core::Result<void, StoreError> forget_untold() = 0;

    /// Notes a notice, its items as told of, and the mail that tells of them: all or nothing.
    /// False, and nothing is changed, when one of the items was told of already.
    [[nodiscard]] virtual core::Result<bool, StoreError> put(const Notice& notice,
                                                             const NewHold& own) = 0;

    /// The last notice about a group whose campaign was stopped.
    [[nodiscard]] virtual core::Result<std::optional<Notice>, StoreError> find_stopped(
        const NoticeGroup& group) = 0;
    /// Adds items to a notice without a word; they are told of by that.
    [[nodiscard]] virtual core::Result<void, StoreError> adopt(
        std::string_view notice, std::span<const std::int64_t> items) = 0;

    [[nodiscard]] virtual core::Result<std::optional<Notice>, StoreError> find(
        std::string_view id) = 0;

    /// The notice that tells of an item; nullopt: there is none.
    [[nodiscard]] virtual core::Result<std::optional<NoticeOfItem>, StoreError> told_of(
        std::int64_t item) = 0;

    /// Keeps a command until `finish`. One with the same `key` (an answer that came twice) is kept
    /// once.
    [[nodiscard]] virtual core::Result<void, StoreError> take(const NoticeCommand& command,
                                                              std::string_view key) = 0;
    /// Commands that were taken, oldest first.
    [[nodiscard]] virtual core::Result<std::vector<NoticeCommand>, StoreError> taken() = 0;
    /// The command is done, and the mail that says so is on its way: all or nothing.
    [[nodiscard]] virtual core::Result<void, StoreError> finish(std::int64_t command,
                                                                const NewHold& own) = 0;

    /// Takes `count` recipients out of an account's budget, or nothing.
    [[nodiscard]] virtual core::Result<BudgetAnswer, StoreError> spend(std::string_view account,
                                                                       std::size_t count,
                                                                       const config::Rate& budget,
                                                                       core::TimePoint now) = 0;
    /// How many of an account's budget are used within its window.
    [[nodiscard]] virtual core::Result<std::size_t, StoreError> used(std::string_view account,
                                                                     const config::Rate& budget,
                                                                     core::TimePoint now) = 0;
    /// Gives back what was taken and not used, what was taken last first.
    [[nodiscard]] virtual core::Result<void, StoreError> give_back(std::string_view account,
                                                                   std::size_t count,
                                                                   core::TimePoint now) = 0;

    /// Forgets notices of which no item is left, commands done and spendings older than `before`.
    [[nodiscard]] virtual core::Result<void, StoreError> purge(core::TimePoint before) = 0;
};

}  // namespace holdback::ports
