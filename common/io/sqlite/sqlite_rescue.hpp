// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows for held mail of which nothing is known but what the spool says.

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::io::sqlite {

/// Lists rescued messages in a store that nobody else has open for it. Every call may throw
/// DatabaseError.
class SqliteRescue {
public:
    /// Reads which messages and recipients are known: some hundred octets of memory for each.
    explicit SqliteRescue(Database& database);

    /// What the store says of the file of a message.
    enum class File : std::uint8_t {
        Unknown,  ///< it names no message under this id
        Wanted,   ///< it is to be in the spool
        Removed,  ///< it went when all of the message had ended
    };
    [[nodiscard]] File file_of(const std::string& spool_id) const;

    /// An item that is known already, and what became of it.
    struct Known {
        std::int64_t id = 0;
        terms::HeldState state = terms::HeldState::Held;
    };
    /// The item of the same message, sender and recipient; nullopt when there is none, or when that
    /// can't be told.
    [[nodiscard]] std::optional<Known> find(const terms::HeldMessage& message,
                                            const terms::HeldRecipient& recipient) const;

    /// Writes a message and recipients of whom `find` gave nothing as held and in doubt, with `why`
    /// as their last answer. Nothing of them goes by itself. Gives the ids.
    std::vector<std::int64_t> list(const ports::NewHold& hold,
                                   std::string_view why,
                                   core::TimePoint now);

    /// Puts all that is held or being released in doubt, with the same words. Gives how many items.
    std::size_t doubt_all(std::string_view why, core::TimePoint now);

private:
    Database* database_;
    std::map<std::string, File> messages_;
    std::unordered_map<std::string, Known> items_;  ///< by identity
};

}  // namespace holdback::io::sqlite
