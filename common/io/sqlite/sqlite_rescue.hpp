// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows for held mail that is known only from the spool.

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

/// Lists rescued messages in a store that nobody else has open. Every call may throw DatabaseError.
class SqliteRescue {
public:
    /// Reads the known messages and recipients; each takes some hundred octets of memory.
    explicit SqliteRescue(Database& database);

    /// What the store says about the file of a message.
    enum class File : std::uint8_t {
        Unknown,  ///< no message has this id
        Wanted,   ///< it should be in the spool
        Removed,  ///< it was removed after all items of the message had ended
    };
    [[nodiscard]] File file_of(const std::string& spool_id) const;

    /// An item that the store knows already, and its state.
    struct Known {
        std::int64_t id = 0;
        terms::HeldState state = terms::HeldState::Held;
    };
    /// The item of the same message, sender and recipient; nullopt when there is none or it can't
    /// be identified.
    [[nodiscard]] std::optional<Known> find(const terms::HeldMessage& message,
                                            const terms::HeldRecipient& recipient) const;

    /// Writes a message and its recipients, for whom `find` gave nothing. The items are held and in
    /// doubt, with `why` as their last answer, and none is released by itself. Gives the ids.
    std::vector<std::int64_t> list(const ports::NewHold& hold,
                                   std::string_view why,
                                   core::TimePoint now);

    /// Puts all held and releasing items in doubt, with `why` as last answer. Gives how many.
    std::size_t doubt_all(std::string_view why, core::TimePoint now);

private:
    Database* database_;
    std::map<std::string, File> messages_;
    std::unordered_map<std::string, Known> items_;  ///< by identity
};

}  // namespace holdback::io::sqlite
