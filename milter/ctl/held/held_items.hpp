// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shared by the commands about held mail: the store, the selection, the output of items.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/empty_store.hpp"
#include "milter/ctl/held/held.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdback::milter::ctl {

/// The store of the settings, open for reading.
struct OpenHeld {
    std::unique_ptr<PrivateDirectory> directory;  ///< of an empty store
    config::Settings settings;
    std::unique_ptr<io::sqlite::Database> database;
    std::unique_ptr<io::sqlite::SqliteHeld> items;
};

enum class HeldUse : std::uint8_t {
    Look,  ///< mistakes in the settings are warnings
    Act,
};

[[nodiscard]] core::Result<OpenHeld, CommandError> open_held(const CommandContext& context,
                                                             HeldUse use);
/// For a dry run: opens an empty store if there is none yet.
[[nodiscard]] core::Result<OpenHeld, CommandError> open_held_or_empty(
    const CommandContext& context);

/// True when the selection has more than ids.
[[nodiscard]] bool has_filter(const HeldSelection& selection);
[[nodiscard]] ports::HeldFilter filter_for(const HeldSelection& selection, core::TimePoint now);

/// Visits the items of a filter one after the other. The error is the store's.
[[nodiscard]] std::optional<CommandError> visit_items(
    const OpenHeld& held,
    const ports::HeldFilter& filter,
    const std::function<void(const ports::HeldItem&)>& visit);

[[nodiscard]] Json as_json(const ports::HeldItem& item);

/// "held, damaged", "held, in doubt", "held, refused", "held, deferred", or the state alone.
[[nodiscard]] std::string shown_state(const ports::HeldItem& item);

/// Writes items at once in JSON, and in tables of some thousand rows for people. The context
/// outlives the object.
class ItemWriter {
public:
    explicit ItemWriter(const CommandContext& context, HeldListOptions options = {});
    ItemWriter(const ItemWriter&) = delete;
    ItemWriter& operator=(const ItemWriter&) = delete;
    ItemWriter(ItemWriter&&) = delete;
    ItemWriter& operator=(ItemWriter&&) = delete;
    ~ItemWriter() = default;

    void add(const ports::HeldItem& item);
    void finish();

private:
    void write_table();

    const CommandContext& context_;
    HeldListOptions options_;
    Table table_;
    bool left_out_ = false;  // columns
    std::size_t rows_ = 0;
};

/// Reports that there are no such items; gives the exit status.
[[nodiscard]] Exit no_such_items(const CommandContext& context);

}  // namespace holdback::milter::ctl
