// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases remember who was told of held mail, what they answered, and how much a sender has
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

/// The subject of one notice: one sender, one user and one campaign.
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
    std::vector<std::int64_t> items;  ///< item number N of the notice is `items[N - 1]`
};

/// How the sender was told of an item.
struct NoticeOfItem {
    std::string notice;      ///< id
    std::size_t number = 0;  ///< of the item in the notice
    std::string to;
    core::TimePoint made_at;
    /// The state of the notice as a mail, and since when; nullopt: it has been forgotten.
    std::optional<terms::HeldState> state;
    core::TimePoint changed_at;

    bool operator==(const NoticeOfItem&) const = default;
};

struct ReleaseAs {
    std::int64_t item = 0;
    std::string address;

    bool operator==(const ReleaseAs&) const = default;
};

/// An answer to a notice that was taken from the MTA and is still to be obeyed.
struct NoticeCommand {
    std::int64_t id = 0;  ///< given by the store
    std::string notice;   ///< id of the notice
    std::string from;     ///< who is told the result
    std::string in_reply_to;
    std::string refused;  ///< why it is not obeyed, in plain words; empty: it is obeyed
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
    std::size_t used = 0;  ///< within the window, including what was granted
    /// When the number asked for can be released; nullopt: never.
    std::optional<core::TimePoint> again_at;

    bool operator==(const BudgetAnswer&) const = default;
};

/// Notices, the answers to them and budgets. Each call that writes is one durable transaction. Safe
/// from several threads and processes.
class NoticeStore {
public:
    NoticeStore() = default;
    NoticeStore(const NoticeStore&) = delete;
    NoticeStore& operator=(const NoticeStore&) = delete;
    NoticeStore(NoticeStore&&) = delete;
    NoticeStore& operator=(NoticeStore&&) = delete;
    virtual ~NoticeStore() = default;

    /// Groups with held items of which the sender is still to be told, where the oldest of these
    /// items was held at `before` or earlier.
    [[nodiscard]] virtual core::Result<std::vector<NoticeGroup>, StoreError> due(
        core::TimePoint before) = 0;

    /// The items of a group that are still held and not told of, in order of id, at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<HeldItem>, StoreError> untold(
        const NoticeGroup& group, std::size_t most) = 0;

    /// Marks all that is held now as told of, without a notice.
    [[nodiscard]] virtual core::Result<void, StoreError> forget_untold() = 0;

    /// Records a notice, marks its items as told of, and holds its mail `own` for sending: all or
    /// nothing. False, and nothing is changed, when one of the items was told of already.
    [[nodiscard]] virtual core::Result<bool, StoreError> put(const Notice& notice,
                                                             const NewHold& own) = 0;

    /// The last notice about a group whose campaign was stopped.
    [[nodiscard]] virtual core::Result<std::optional<Notice>, StoreError> find_stopped(
        const NoticeGroup& group) = 0;
    /// Adds items to an existing notice without a new mail. They count as told of.
    [[nodiscard]] virtual core::Result<void, StoreError> adopt(
        std::string_view notice, std::span<const std::int64_t> items) = 0;

    [[nodiscard]] virtual core::Result<std::optional<Notice>, StoreError> find(
        std::string_view id) = 0;

    /// The notice that tells of an item; nullopt: there is none.
    [[nodiscard]] virtual core::Result<std::optional<NoticeOfItem>, StoreError> told_of(
        std::int64_t item) = 0;

    /// Keeps a command until `finish`. Commands with the same `key` (an answer that came twice) are
    /// kept once.
    [[nodiscard]] virtual core::Result<void, StoreError> take(const NoticeCommand& command,
                                                              std::string_view key) = 0;
    /// The commands not yet finished, oldest first.
    [[nodiscard]] virtual core::Result<std::vector<NoticeCommand>, StoreError> taken() = 0;
    /// Marks a command as done and holds the mail `own` that says so for sending: all or nothing.
    [[nodiscard]] virtual core::Result<void, StoreError> finish(std::int64_t command,
                                                                const NewHold& own) = 0;

    /// Takes `count` recipients out of an account's budget, or none.
    [[nodiscard]] virtual core::Result<BudgetAnswer, StoreError> spend(std::string_view account,
                                                                       std::size_t count,
                                                                       const config::Rate& budget,
                                                                       core::TimePoint now) = 0;
    /// How much of an account's budget is used within its window.
    [[nodiscard]] virtual core::Result<std::size_t, StoreError> used(std::string_view account,
                                                                     const config::Rate& budget,
                                                                     core::TimePoint now) = 0;
    /// Gives back what was taken and not used, starting with what was taken last.
    [[nodiscard]] virtual core::Result<void, StoreError> give_back(std::string_view account,
                                                                   std::size_t count,
                                                                   core::TimePoint now) = 0;

    /// Forgets notices without items, finished commands, and spendings older than `before`.
    [[nodiscard]] virtual core::Result<void, StoreError> purge(core::TimePoint before) = 0;
};

}  // namespace holdback::ports
