// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_campaigns.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "outbound/campaign.hpp"
#include "ports/campaign_store.hpp"
#include "ports/suppression_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

/// One call of `forget` deletes at most this many rows of a table, so that no message waits long.
constexpr std::int64_t kForgetRows = 20'000;

// The order in which `read_campaign` takes them.
constexpr std::string_view kColumns =
    "key, name, sender, text_sender, text_name, sketch, recipients, bad, state, seen_at";

std::string sketch_text(const std::vector<std::uint32_t>& sketch) {
    return fmt::format("{}", fmt::join(sketch, " "));
}

/// Only we write the column. A piece that is no number is left out.
std::vector<std::uint32_t> parse_sketch(std::string_view text) {
    std::vector<std::uint32_t> sketch;
    for (const std::string_view piece : core::split(text, ' ')) {
        if (const auto number = core::parse_decimal(piece)) {
            sketch.push_back(static_cast<std::uint32_t>(*number));
        }
    }
    return sketch;
}

outbound::Campaign read_campaign(const Query& query) {
    return {.key = query.text(0),
            .name = query.text(1),
            .text = {.sender = query.text(3),
                     .name = query.text(4),
                     .sketch = parse_sketch(query.text(5))},
            .shown_sender = query.text(2),
            .recipients = static_cast<std::uint64_t>(query.integer(6)),
            .bad = static_cast<std::uint64_t>(query.integer(7)),
            .state = outbound::parse_campaign_state(query.text(8))
                         .value_or(outbound::CampaignState::Running),
            .seen_at = query.time(9)};
}

}  // namespace

core::Result<std::vector<ports::SentCopy>, ports::StoreError> SqliteCampaigns::sent(
    std::span<const ports::SentKey> keys, core::TimePoint since) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::vector<ports::SentCopy> found;
            Query query = connection.query("SELECT at FROM sent_copy WHERE key = ? AND at >= ?");
            for (const ports::SentKey key : keys) {
                query.bind(key).bind(since);
                if (query.step()) {
                    found.push_back({.key = key, .at = query.time(0)});
                }
                query.again();
            }
            return found;
        });
    });
}

core::Result<void, ports::StoreError> SqliteCampaigns::remember_sent(
    std::span<const ports::SentCopy> copies) {
    return at_store_boundary([&] {
        database_.write_soon([&](Connection& connection) {
            Query query = connection.query(
                "INSERT INTO sent_copy (key, at) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET at = max(at, excluded.at)");
            for (const ports::SentCopy& copy : copies) {
                query.bind(copy.key).bind(copy.at).run();
                query.again();
            }
        });
    });
}

core::Result<void, ports::StoreError> SqliteCampaigns::forget_sent(
    std::span<const ports::SentKey> keys) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            Query query = connection.query("DELETE FROM sent_copy WHERE key = ?");
            for (const ports::SentKey key : keys) {
                query.bind(key).run();
                query.again();
            }
        });
    });
}

core::Result<void, ports::StoreError> SqliteCampaigns::save(
    std::span<const outbound::Campaign> campaigns) {
    return at_store_boundary([&] {
        database_.write_soon([&](Connection& connection) {
            static const std::string sql = fmt::format(
                "INSERT OR REPLACE INTO campaign ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                kColumns);
            for (const outbound::Campaign& campaign : campaigns) {
                connection.query(sql)
                    .bind(campaign.key)
                    .bind(campaign.name)
                    .bind(campaign.shown_sender)
                    .bind(campaign.text.sender)
                    .bind(campaign.text.name)
                    .bind(sketch_text(campaign.text.sketch))
                    .bind(static_cast<std::int64_t>(campaign.recipients))
                    .bind(static_cast<std::int64_t>(campaign.bad))
                    .bind(wire_name(campaign.state))
                    .bind(campaign.seen_at)
                    .run();
            }
        });
    });
}

core::Result<std::vector<outbound::Campaign>, ports::StoreError> SqliteCampaigns::load(
    std::size_t most) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            static const std::string sql = fmt::format(
                "SELECT {} FROM campaign ORDER BY state = 'stopped' DESC, "
                "seen_at DESC LIMIT ?",
                kColumns);
            std::vector<outbound::Campaign> campaigns;
            Query query = connection.query(sql);
            query.bind(static_cast<std::int64_t>(most));
            while (query.step()) {
                campaigns.push_back(read_campaign(query));
            }
            std::ranges::sort(campaigns, {}, &outbound::Campaign::seen_at);
            return campaigns;
        });
    });
}

core::Result<void, ports::StoreError> SqliteCampaigns::forget(const Keep& keep) {
    return at_store_boundary([&] {
        // Counted before the write transaction, so that no message waits for a reader.
        const std::int64_t copies = database_.read([](Connection& connection) {
            Query query = connection.query("SELECT count(*) FROM sent_copy");
            return query.step() ? query.integer(0) : 0;
        });
        const std::int64_t too_many = copies - static_cast<std::int64_t>(keep.copies);
        database_.write([&](Connection& connection) {
            connection
                .query(
                    "DELETE FROM sent_copy WHERE key IN "
                    "(SELECT key FROM sent_copy WHERE at < ? ORDER BY at LIMIT ?)")
                .bind(keep.copies_since)
                .bind(kForgetRows)
                .run();
            connection
                .query(
                    "DELETE FROM sent_copy WHERE key IN "
                    "(SELECT key FROM sent_copy ORDER BY at LIMIT ?)")
                .bind(std::clamp(too_many, std::int64_t{0}, kForgetRows))
                .run();
            connection.query("DELETE FROM campaign WHERE seen_at < ?")
                .bind(keep.campaigns_since)
                .run();
            connection
                .query(
                    "DELETE FROM campaign WHERE key IN (SELECT key FROM campaign WHERE state <> "
                    "'stopped' ORDER BY seen_at DESC LIMIT -1 OFFSET ?)")
                .bind(static_cast<std::int64_t>(keep.campaigns))
                .run();
        });
    });
}

}  // namespace holdback::io::sqlite
