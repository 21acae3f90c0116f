// SPDX-License-Identifier: Apache-2.0
#include "io/state/spool_pair.hpp"

#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/state/use_lock.hpp"
#include "io/system/private_file.hpp"
#include "io/system/random.hpp"
#include "terms/spool_pair.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::io::state {

namespace {

constexpr std::size_t kIdOctets = 16;
constexpr mode_t kDirectoryMode = 0700;

std::string mark_path(const std::string& spool) {
    return fmt::format("{}/pair", spool);
}

void write_store_mark(sqlite::Database& database, const terms::PairMark& mark) {
    database.write([&](sqlite::Connection& connection) {
        connection.query("DELETE FROM spool_pair").run();
        connection.query("INSERT INTO spool_pair (id, generation) VALUES (?, ?)")
            .bind(mark.id)
            .bind(static_cast<std::int64_t>(mark.generation))
            .run();
    });
}

core::Result<void, std::string> write_spool_mark(const std::string& spool,
                                                 const terms::PairMark& mark) {
    const std::string path = mark_path(spool);
    const std::string text = terms::pair_mark_text(mark);
    const auto made = system::create_private_file(path, text);
    if (!made.has_value()) {
        return std::unexpected(made.error());
    }
    return *made ? core::Result<void, std::string>() : system::replace_private_file(path, text);
}

/// A number that differs after each change of state of held mail.
std::int64_t last_change(sqlite::Database& database) {
    return database.read([](sqlite::Connection& connection) {
        sqlite::Query query = connection.query("SELECT max(id) FROM held_event");
        return query.step() && !query.is_null(0) ? query.integer(0) : 0;
    });
}

}  // namespace

core::Result<UseLock, UseError> lock_spool(const std::string& spool) {
    // The lock finds out that a directory can't be made.
    static_cast<void>(mkdir(spool.c_str(), kDirectoryMode));
    return UseLock::take(fmt::format("{}/lock", spool));
}

core::Result<UseLock, UseError> lock_store(const std::string& store) {
    return UseLock::take(fmt::format("{}.lock", store));
}

core::Result<std::optional<terms::PairMark>, std::string> read_spool_mark(
    const std::string& spool) {
    const auto text = system::read_private_file(mark_path(spool));
    if (!text.has_value()) {
        return std::unexpected(text.error());
    }
    const std::optional<std::string>& mark = *text;
    return mark.has_value() ? terms::parse_pair_mark(*mark) : std::nullopt;
}

std::optional<terms::PairMark> read_store_mark(sqlite::Database& database) {
    return database.read([](sqlite::Connection& connection) -> std::optional<terms::PairMark> {
        sqlite::Query query = connection.query("SELECT id, generation FROM spool_pair");
        if (!query.step()) {
            return std::nullopt;
        }
        return terms::PairMark{.id = query.text(0),
                               .generation = static_cast<std::uint64_t>(query.integer(1))};
    });
}

core::Result<terms::PairMark, std::string> make_pair(sqlite::Database& database,
                                                     const std::string& spool) {
    terms::PairMark mark{.id = system::random_hex(kIdOctets), .generation = 1};
    write_store_mark(database, mark);
    if (auto written = write_spool_mark(spool, mark); !written.has_value()) {
        return std::unexpected(std::move(written.error()));
    }
    return mark;
}

PairKeeper::PairKeeper(std::string spool, terms::PairMark mark)
    : spool_(std::move(spool)), mark_(std::move(mark)) {}

core::Result<void, std::string> PairKeeper::keep(sqlite::Database& database) {
    const std::int64_t change = last_change(database);
    if (change == last_change_) {
        return {};
    }
    // Counts on from the mark of the spool. A sudden end leaves that of the store one ahead, and
    // this way it never gets two ahead.
    const terms::PairMark next{.id = mark_.id, .generation = mark_.generation + 1};
    write_store_mark(database, next);
    if (auto written = write_spool_mark(spool_, next); !written.has_value()) {
        return written;
    }
    mark_ = next;
    last_change_ = change;
    return {};
}

}  // namespace holdback::io::state
