// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices to senders and the answers to them in SQLite.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// `NoticeStore` on a database that was opened with `schema_steps()`. The database outlives the
/// store.
class SqliteNotices final : public ports::NoticeStore {
public:
    explicit SqliteNotices(Database& database) : database_(database) {}

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

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
