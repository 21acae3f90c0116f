// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_notices.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held_items.hpp"
#include "io/sqlite/sqlite_held_rows.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;

constexpr std::string_view kToTell =
    "FROM held_recipient r JOIN held_message m ON m.spool_id = r.spool_id "
    "WHERE r.tell = 1 AND +r.state IN ('held', 'releasing') ";

std::vector<std::int64_t> numbers_of(std::string_view lines) {
    std::vector<std::int64_t> numbers;
    for (const std::string_view line : core::split(lines, '\n')) {
        if (const auto number = core::parse_decimal(line)) {
            numbers.push_back(static_cast<std::int64_t>(*number));
        }
    }
    return numbers;
}

/// One line per item; an item that goes to another address has it after the number.
std::string release_lines(const ports::NoticeCommand& command) {
    std::string lines = fmt::format("{}", fmt::join(command.release, "\n"));
    for (const ports::ReleaseAs& as : command.release_as) {
        lines += fmt::format("{}{} {}", lines.empty() ? "" : "\n", as.item, as.address);
    }
    return lines;
}

std::vector<ports::ReleaseAs> release_as_of(std::string_view lines) {
    std::vector<ports::ReleaseAs> found;
    for (const std::string_view line : core::split(lines, '\n')) {
        const std::size_t space = line.find(' ');
        const auto item = core::parse_decimal(line.substr(0, space));
        if (space != std::string_view::npos && item.has_value()) {
            found.push_back({.item = static_cast<std::int64_t>(*item),
                             .address = std::string(line.substr(space + 1))});
        }
    }
    return found;
}

std::vector<std::string> texts_of(std::string_view lines) {
    std::vector<std::string> texts;
    for (const std::string_view line : core::split(lines, '\n')) {
        if (!line.empty()) {
            texts.emplace_back(line);
        }
    }
    return texts;
}

void write_own(Connection& connection, const ports::NewHold& own) {
    write_message(connection, own.message);
    for (const terms::HeldRecipient& recipient : own.recipients) {
        static_cast<void>(write_recipient(connection, own.message, recipient, std::nullopt));
    }
}

void add_items(Connection& connection,
               std::string_view notice,
               std::size_t from,
               std::span<const std::int64_t> items) {
    std::size_t number = from;
    for (const std::int64_t item : items) {
        connection.query("INSERT INTO notice_item (notice, number, item) VALUES (?, ?, ?)")
            .bind(notice)
            .bind(static_cast<std::int64_t>(++number))
            .bind(item)
            .run();
    }
}

/// Marks the items; false when the sender was told of one of them already.
bool mark_told(Connection& connection, std::span<const std::int64_t> items) {
    for (const std::int64_t item : items) {
        connection.query("UPDATE held_recipient SET tell = 0 WHERE id = ? AND tell = 1")
            .bind(item)
            .run();
        if (connection.changes() == 0) {
            return false;
        }
    }
    return true;
}

std::optional<ports::Notice> read_notice(Connection& connection, Query query) {
    if (!query.step()) {
        return std::nullopt;
    }
    ports::Notice notice{
        .id = query.text(0),
        .group = {.sender = query.text(1), .user = query.text(2), .campaign = query.text(3)},
        .stopped = query.integer(4) != 0,
        .made_at = query.time(5),
        .subject = query.text(6),
        .items = {}};
    Query items = connection.query("SELECT item FROM notice_item WHERE notice = ? ORDER BY number");
    items.bind(notice.id);
    while (items.step()) {
        notice.items.push_back(items.integer(0));
    }
    return notice;
}

}  // namespace

core::Result<std::vector<ports::NoticeGroup>, StoreError> SqliteNotices::due(
    core::TimePoint before) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            static const std::string sql = fmt::format(
                "SELECT m.sender, m.user, m.campaign {}"
                "GROUP BY m.sender, m.user, m.campaign HAVING min(m.held_at) <= ?",
                kToTell);
            Query query = connection.query(sql);
            query.bind(before);
            std::vector<ports::NoticeGroup> groups;
            while (query.step()) {
                groups.push_back(
                    {.sender = query.text(0), .user = query.text(1), .campaign = query.text(2)});
            }
            return groups;
        });
    });
}

core::Result<std::vector<ports::HeldItem>, StoreError> SqliteNotices::untold(
    const ports::NoticeGroup& group, std::size_t most) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            static const std::string sql = item_sql(
                " AND r.tell = 1 AND +r.state IN ('held', 'releasing') AND m.sender = ? "
                "AND m.user = ? AND m.campaign = ? ORDER BY r.id LIMIT ?");
            Query query = connection.query(sql);
            query.bind(group.sender).bind(group.user).bind(group.campaign);
            query.bind(static_cast<std::int64_t>(most));
            std::vector<ports::HeldItem> items;
            while (query.step()) {
                items.push_back(read_item(query));
            }
            return items;
        });
    });
}

core::Result<void, StoreError> SqliteNotices::forget_untold() {
    return at_store_boundary([&] {
        const bool any = database_.read([](Connection& connection) {
            return connection.query("SELECT 1 FROM held_recipient WHERE tell = 1 LIMIT 1").step();
        });
        if (any) {
            database_.write([](Connection& connection) {
                connection.query("UPDATE held_recipient SET tell = 0 WHERE tell = 1").run();
            });
        }
    });
}

core::Result<bool, StoreError> SqliteNotices::put(const ports::Notice& notice,
                                                  const ports::NewHold& own) {
    /// Thrown to roll the transaction back.
    struct Told {};
    const auto write = [&](Connection& connection) {
        if (!mark_told(connection, notice.items)) {
            throw Told{};
        }
        connection
            .query(
                "INSERT INTO notice (id, sender, user, campaign, stopped, made_at, subject, "
                "spool_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(notice.id)
            .bind(notice.group.sender)
            .bind(notice.group.user)
            .bind(notice.group.campaign)
            .bind(notice.stopped)
            .bind(notice.made_at)
            .bind(notice.subject)
            .bind(own.message.spool_id)
            .run();
        add_items(connection, notice.id, 0, notice.items);
        write_own(connection, own);
    };
    return at_store_boundary([&] {
        try {
            database_.write(write);
            return true;
        } catch (const Told&) {
            return false;
        }
    });
}

core::Result<std::optional<ports::Notice>, StoreError> SqliteNotices::find_stopped(
    const ports::NoticeGroup& group) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT id, sender, user, campaign, stopped, made_at, subject FROM notice "
                "WHERE sender = ? AND user = ? AND campaign = ? AND stopped = 1 "
                "ORDER BY made_at DESC LIMIT 1");
            query.bind(group.sender).bind(group.user).bind(group.campaign);
            return read_notice(connection, std::move(query));
        });
    });
}

core::Result<void, StoreError> SqliteNotices::adopt(std::string_view notice,
                                                    std::span<const std::int64_t> items) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            std::int64_t last = 0;
            {
                Query query = connection.query(
                    "SELECT coalesce(max(number), 0) FROM notice_item WHERE notice = ?");
                query.bind(notice);
                last = query.step() ? query.integer(0) : 0;
            }
            static_cast<void>(mark_told(connection, items));
            add_items(connection, notice, static_cast<std::size_t>(last), items);
        });
    });
}

core::Result<std::optional<ports::Notice>, StoreError> SqliteNotices::find(std::string_view id) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT id, sender, user, campaign, stopped, made_at, subject FROM notice "
                "WHERE id = ?");
            query.bind(id);
            return read_notice(connection, std::move(query));
        });
    });
}

core::Result<std::optional<ports::NoticeOfItem>, StoreError> SqliteNotices::told_of(
    std::int64_t item) {
    using Found = std::optional<ports::NoticeOfItem>;
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) -> Found {
            Query query = connection.query(
                "SELECT n.id, i.number, coalesce(r.address, n.sender), n.made_at, r.state, "
                "r.changed_at "
                "FROM notice_item i JOIN notice n ON n.id = i.notice "
                "LEFT JOIN held_recipient r ON r.spool_id = n.spool_id "
                "WHERE i.item = ? ORDER BY n.made_at LIMIT 1");
            query.bind(item);
            if (!query.step()) {
                return std::nullopt;
            }
            ports::NoticeOfItem told{.notice = query.text(0),
                                     .number = static_cast<std::size_t>(query.integer(1)),
                                     .to = query.text(2),
                                     .made_at = query.time(3),
                                     .state = std::nullopt,
                                     .changed_at = query.time(3)};
            if (!query.is_null(4)) {
                told.state = state_of(query, 4);
                told.changed_at = query.time(5);
            }
            return told;
        });
    });
}

core::Result<void, StoreError> SqliteNotices::take(const ports::NoticeCommand& command,
                                                   std::string_view key) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            connection
                .query(
                    "INSERT OR IGNORE INTO notice_command (key, notice, sender, in_reply_to, "
                    "refused, release, discard, remarks, taken_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(key)
                .bind(command.notice)
                .bind(command.from)
                .bind(command.in_reply_to)
                .bind(command.refused)
                .bind(release_lines(command))
                .bind(fmt::format("{}", fmt::join(command.discard, "\n")))
                .bind(fmt::format("{}", fmt::join(command.remarks, "\n")))
                .bind(command.taken_at)
                .run();
        });
    });
}

core::Result<std::vector<ports::NoticeCommand>, StoreError> SqliteNotices::taken() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) {
            Query query = connection.query(
                "SELECT id, notice, sender, in_reply_to, refused, release, discard, remarks, "
                "taken_at FROM notice_command WHERE done_at IS NULL ORDER BY id");
            std::vector<ports::NoticeCommand> commands;
            while (query.step()) {
                commands.push_back({.id = query.integer(0),
                                    .notice = query.text(1),
                                    .from = query.text(2),
                                    .in_reply_to = query.text(3),
                                    .refused = query.text(4),
                                    .release = numbers_of(query.text(5)),
                                    .release_as = release_as_of(query.text(5)),
                                    .discard = numbers_of(query.text(6)),
                                    .remarks = texts_of(query.text(7)),
                                    .taken_at = query.time(8)});
            }
            return commands;
        });
    });
}

core::Result<void, StoreError> SqliteNotices::finish(std::int64_t command,
                                                     const ports::NewHold& own) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            connection.query("UPDATE notice_command SET done_at = ? WHERE id = ?")
                .bind(own.message.held_at)
                .bind(command)
                .run();
            write_own(connection, own);
        });
    });
}

core::Result<void, StoreError> SqliteNotices::purge(core::TimePoint before) {
    const auto purge = [&](Connection& connection) {
        connection
            .query(
                "DELETE FROM notice WHERE made_at < ? AND NOT EXISTS (SELECT 1 FROM notice_item i "
                "JOIN held_recipient r ON r.id = i.item WHERE i.notice = notice.id)")
            .bind(before)
            .run();
        connection.query("DELETE FROM notice_command WHERE done_at < ?").bind(before).run();
        connection.query("DELETE FROM notice_spending WHERE at < ?").bind(before).run();
    };
    return at_store_boundary([&] { database_.write(purge); });
}

}  // namespace holdback::io::sqlite
