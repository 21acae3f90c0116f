// SPDX-License-Identifier: Apache-2.0
#pragma once
// The lists in the MTA's configuration and the tables that they name, which postmap(1) opens.

#include "core/clock.hpp"
#include "io/system/deadline_mutex.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/mta_names.hpp"
#include "ports/log.hpp"
#include "ports/mta_tables.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::mta {

/// Keeps answers for five minutes. One postmap runs at a time, for all keys of its caller; callers
/// wait for each other until their deadlines. A table that can't be opened causes a warning, and is
/// not tried again for a minute.
class PostfixTables final : public ports::MtaTables {
public:
    PostfixTables(ports::Log& log, const core::Clock& clock) : log_(log), clock_(clock) {}

    /// Uses these names from now on, and forgets all answers.
    void use(const mail::MtaNames& names);

    /// Asks each table for a name that none has, once after `use`, so that the log tells of a table
    /// that can't be opened before mail needs it.
    void try_all();

    [[nodiscard]] std::vector<ports::OwnRoute> ask(std::span<const mail::Address> addresses,
                                                   core::SteadyPoint deadline) override;

private:
    using Keys = std::set<std::string, std::less<>>;
    /// The value of a key; nullopt when the table has none.
    using Values = std::map<std::string, std::optional<std::string>, std::less<>>;
    /// The answers of a table, and how long they hold.
    struct Known {
        core::SteadyPoint until;
        Values values;
        std::optional<core::SteadyPoint> broken_until;
    };
    using Tables = std::map<mail::MtaTable, Known>;

    void look_up(const mail::MtaTable& table, const Keys& keys, core::SteadyPoint deadline);
    [[nodiscard]] ports::OwnRoute route_of(const mail::Address& address) const;
    [[nodiscard]] ports::OwnRoute by_transport(const mail::Address& address) const;
    [[nodiscard]] const std::optional<std::string>* find(const mail::MtaTable& table,
                                                         std::string_view key) const;

    ports::Log& log_;
    const core::Clock& clock_;
    std::atomic<bool> tried_{false};
    system::DeadlineMutex mutex_;  // guards all below
    mail::MtaNames names_;
    Tables tables_;
};

}  // namespace holdback::io::mta
