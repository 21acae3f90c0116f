// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_notices.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::support {

using ports::StoreError;

namespace {

ports::NoticeGroup group_of(const ports::HeldItem& item) {
    return {.sender = item.message.sender,
            .user = item.message.user,
            .campaign = item.message.campaign};
}

}  // namespace

core::Result<std::vector<ports::HeldItem>, StoreError> MemoryNoticeStore::waiting() {
    std::vector<ports::HeldItem> items;
    const auto listed = held_.list({}, [&](const ports::HeldItem& item) {
        const bool active = item.recipient.state == terms::HeldState::Held ||
                            item.recipient.state == terms::HeldState::Releasing;
        if (active && item.recipient.tell && !told_.contains(item.recipient.id)) {
            items.push_back(item);
        }
        return true;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error());
    }
    return items;
}

core::Result<std::vector<ports::NoticeGroup>, StoreError> MemoryNoticeStore::due(
    core::TimePoint before) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    const auto items = waiting();
    if (!items.has_value()) {
        return std::unexpected(items.error());
    }
    std::vector<ports::NoticeGroup> groups;
    for (const ports::HeldItem& item : *items) {
        if (item.message.held_at <= before &&
            std::ranges::find(groups, group_of(item)) == groups.end()) {
            groups.push_back(group_of(item));
        }
    }
    return groups;
}

core::Result<std::vector<ports::HeldItem>, StoreError> MemoryNoticeStore::untold(
    const ports::NoticeGroup& group, std::size_t most) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    auto items = waiting();
    if (items.has_value()) {
        std::erase_if(*items, [&](const ports::HeldItem& item) { return group_of(item) != group; });
        if (items->size() > most) {
            items->erase(items->begin() + static_cast<std::ptrdiff_t>(most), items->end());
        }
    }
    return items;
}

core::Result<void, StoreError> MemoryNoticeStore::forget_untold() {
    const auto items = waiting();
    if (!items.has_value()) {
        return std::unexpected(items.error());
    }
    for (const ports::HeldItem& item : *items) {
        told_.insert(item.recipient.id);
    }
    return {};
}

core::Result<bool, StoreError> MemoryNoticeStore::put(const ports::Notice& notice,
                                                      const ports::NewHold& own) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    if (std::ranges::any_of(notice.items, [&](std::int64_t id) { return told_.contains(id); })) {
        return false;
    }
    if (const auto written = ports::hold(held_, own.message, own.recipients);
        !written.has_value()) {
        return std::unexpected(written.error());
    }
    told_.insert(notice.items.begin(), notice.items.end());
    notices_.insert_or_assign(notice.id, notice);
    return true;
}

core::Result<std::optional<ports::Notice>, StoreError> MemoryNoticeStore::find_stopped(
    const ports::NoticeGroup& group) {
    std::optional<ports::Notice> found;
    for (const auto& [id, notice] : notices_) {
        if (notice.stopped && notice.group == group &&
            (!found.has_value() || notice.made_at > found->made_at)) {
            found = notice;
        }
    }
    return found;
}

core::Result<void, StoreError> MemoryNoticeStore::adopt(std::string_view notice,
                                                        std::span<const std::int64_t> items) {
    auto& of = notices_.find(notice)->second.items;
    of.insert(of.end(), items.begin(), items.end());
    told_.insert(items.begin(), items.end());
    return {};
}

core::Result<std::optional<ports::NoticeOfItem>, StoreError> MemoryNoticeStore::told_of(
    std::int64_t item) {
    std::optional<ports::NoticeOfItem> told;
    for (const auto& [id, notice] : notices_) {
        const auto found = std::ranges::find(notice.items, item);
        if (found != notice.items.end()) {
            told = ports::NoticeOfItem{
                .notice = id,
                .number = static_cast<std::size_t>(found - notice.items.begin()) + 1,
                .to = notice.group.sender,
                .made_at = notice.made_at,
                .state = std::nullopt,
                .changed_at = notice.made_at};
        }
    }
    return told;
}

core::Result<std::optional<ports::Notice>, StoreError> MemoryNoticeStore::find(
    std::string_view id) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    const auto found = notices_.find(id);
    return found == notices_.end() ? std::nullopt : std::optional(found->second);
}

core::Result<void, StoreError> MemoryNoticeStore::take(const ports::NoticeCommand& command,
                                                       std::string_view key) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    ports::NoticeCommand kept = command;
    kept.id = static_cast<std::int64_t>(commands_.size()) + 1;
    commands_.emplace(key, kept);
    return {};
}

core::Result<std::vector<ports::NoticeCommand>, StoreError> MemoryNoticeStore::taken() {
    std::vector<ports::NoticeCommand> open;
    for (const auto& [key, command] : commands_) {
        if (!done_.contains(command.id)) {
            open.push_back(command);
        }
    }
    std::ranges::sort(open, {}, &ports::NoticeCommand::id);
    return open;
}

core::Result<void, StoreError> MemoryNoticeStore::finish(std::int64_t command,
                                                         const ports::NewHold& own) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    if (const auto written = ports::hold(held_, own.message, own.recipients);
        !written.has_value()) {
        return std::unexpected(written.error());
    }
    done_.insert(command);
    return {};
}

core::Result<ports::BudgetAnswer, StoreError> MemoryNoticeStore::spend(std::string_view account,
                                                                       std::size_t count,
                                                                       const config::Rate& budget,
                                                                       core::TimePoint now) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    auto& spent = spent_[std::string(account)];
    ports::BudgetAnswer answer;
    for (const auto& [at, used] : spent) {
        if (at > now - budget.window) {
            answer.used += used;
            if (!answer.again_at.has_value()) {
                answer.again_at = at + budget.window;
            }
        }
    }
    if (answer.used + count > budget.count) {
        return answer;
    }
    spent.emplace_back(now, count);
    return ports::BudgetAnswer{
        .granted = true, .used = answer.used + count, .again_at = std::nullopt};
}

core::Result<std::size_t, StoreError> MemoryNoticeStore::used(std::string_view account,
                                                              const config::Rate& budget,
                                                              core::TimePoint now) {
    std::size_t used = 0;
    for (const auto& [at, count] : spent_[std::string(account)]) {
        used += at > now - budget.window ? count : 0;
    }
    return used;
}

core::Result<void, StoreError> MemoryNoticeStore::give_back(std::string_view account,
                                                            std::size_t count,
                                                            core::TimePoint /*now*/) {
    auto& spent = spent_[std::string(account)];
    for (auto last = spent.rbegin(); last != spent.rend() && count > 0; ++last) {
        const std::size_t back = std::min(last->second, count);
        last->second -= back;
        count -= back;
    }
    return {};
}

core::Result<void, StoreError> MemoryNoticeStore::purge(core::TimePoint /*before*/) {
    return {};
}

}  // namespace holdback::support
