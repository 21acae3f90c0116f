// SPDX-License-Identifier: Apache-2.0
#pragma once
// A fake of the notices' store in memory, above the fake of the held mail's.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"
#include "tests/support/memory_stores.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::support {

/// For one thread.
class MemoryNoticeStore final : public ports::NoticeStore {
public:
    explicit MemoryNoticeStore(MemoryHeldStore& held) : held_(held) {}

    [[nodiscard]] core::Result<std::vector<ports::NoticeGroup>, ports::StoreError> due(
        core::TimePoint before) override;
    [[nodiscard]] core::Result<std::vector<ports::HeldItem>, ports::StoreError> untold(
        const ports::NoticeGroup& group, std::size_t most) override;
    [[nodiscard]] core::Result<void, ports::StoreError> forget_untold() override;
    [[nodiscard]] core::Result<bool, ports::StoreError> put(const ports::Notice& notice,
                                                            const ports::NewHold& own) override;
    [[nodiscard]] core::Result<std::optional<ports::Notice>, ports::StoreError> find_stopped(
        const ports::NoticeGroup& group) override;
    [[nodiscard]] core::Result<void, ports::StoreError> adopt(
        std::string_view notice, std::span<const std::int64_t> items) override;
    [[nodiscard]] core::Result<std::optional<ports::NoticeOfItem>, ports::StoreError> told_of(
        std::int64_t item) override;
    [[nodiscard]] core::Result<std::optional<ports::Notice>, ports::StoreError> find(
        std::string_view id) override;
    [[nodiscard]] core::Result<void, ports::StoreError> take(const ports::NoticeCommand& command,
                                                             std::string_view key) override;
    [[nodiscard]] core::Result<std::vector<ports::NoticeCommand>, ports::StoreError> taken()
        override;
    [[nodiscard]] core::Result<void, ports::StoreError> finish(std::int64_t command,
                                                               const ports::NewHold& own) override;
    [[nodiscard]] core::Result<ports::BudgetAnswer, ports::StoreError> spend(
        std::string_view account,
        std::size_t count,
        const config::Rate& budget,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::size_t, ports::StoreError> used(std::string_view account,
                                                                    const config::Rate& budget,
                                                                    core::TimePoint now) override;
    [[nodiscard]] core::Result<void, ports::StoreError> give_back(std::string_view account,
                                                                  std::size_t count,
                                                                  core::TimePoint now) override;
    [[nodiscard]] core::Result<void, ports::StoreError> purge(core::TimePoint before) override;

    /// Fails every call.
    Trouble& trouble() { return trouble_; }

private:
    [[nodiscard]] core::Result<std::vector<ports::HeldItem>, ports::StoreError> waiting();

    Trouble trouble_;
    MemoryHeldStore& held_;
    std::set<std::int64_t> told_;
    std::map<std::string, ports::Notice, std::less<>> notices_;
    std::map<std::string, ports::NoticeCommand, std::less<>> commands_;
    std::set<std::int64_t> done_;
    std::map<std::string, std::vector<std::pair<core::TimePoint, std::size_t>>, std::less<>> spent_;
};

}  // namespace holdback::support
