// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_suppression_lookup.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;
using terms::SubjectKind;
using terms::SuppressionEntry;

/// Suffixes are looked for at this many names above a domain: no DNS name has more labels.
constexpr int kMostParents = 128;

/// An address as the key of its rows.
SubjectPlace place_of(const mail::Address& address) {
    const std::string& domain = address.domain().text();
    std::string local = address.key();
    // The key is the local part, "@" and the domain.
    local.resize(local.size() - domain.size() - 1);
    return {.domain = domain, .local = std::move(local)};
}

struct Asked {
    const mail::EnvelopeSender& sender;
    core::TimePoint now;
};

/// Reads the entries that name the address or its domain, in one statement, and gives the
/// generation of the list. Throws DatabaseError.
std::int64_t take_named(Connection& connection,
                        const mail::Address& address,
                        const Asked& asked,
                        ports::SuppressionLookup& found) {
    static const std::string sql = fmt::format(
        "SELECT {0}, generation FROM suppression_state "
        "LEFT JOIN suppression ON domain = ?1 AND local = ?2 "
        "UNION ALL SELECT {0}, NULL FROM suppression INDEXED BY suppression_of_domain "
        "WHERE domain = ?1 AND length(local) = 0",
        entry_columns());
    constexpr int kGeneration = 15;
    const SubjectPlace place = place_of(address);
    Query query = connection.query(sql);
    query.bind_still(place.domain).bind_still(place.local);
    std::optional<std::int64_t> generation;
    while (query.step()) {
        if (!generation.has_value()) {
            generation = query.integer(kGeneration);
        }
        if (!query.is_null(0)) {
            ports::take_into(found, read_entry(query), asked.sender, asked.now);
        }
    }
    if (!generation.has_value()) {
        throw DatabaseError("suppression list: its state is gone");
    }
    return *generation;
}

}  // namespace

/// Looks up addresses on one connection, within a transaction.
class SuppressionLookup::Seeker {
public:
    Seeker(Connection& connection,
           const Special& special,
           std::optional<core::SecretKey> key,
           const Asked& asked)
        : connection_(connection), special_(special), key_(key), asked_(asked) {}

    [[nodiscard]] ports::SuppressionLookup look_up(const mail::Address& address) {
        ports::SuppressionLookup found;
        const std::string subject = address.key();
        const std::string& domain = address.domain().text();
        static_cast<void>(take_named(connection_, address, asked_, found));
        if (key_.has_value()) {
            take_all(hashed(SubjectKind::Address, subject), found);
            take_all(hashed(SubjectKind::Domain, domain), found);
        }
        if (special_.has_suffixes && !address.domain().is_literal()) {
            take_suffixes(domain, found);
        }
        for (const std::string& pattern : special_.patterns) {
            if (terms::pattern_fits(pattern, subject)) {
                take_all(place_of(SubjectKind::Pattern, pattern), found);
            }
        }
        return found;
    }

private:
    void take_all(const SubjectPlace& place, ports::SuppressionLookup& found) {
        for (SuppressionEntry& entry : find_rows(connection_, place)) {
            ports::take_into(found, std::move(entry), asked_.sender, asked_.now);
        }
    }

    /// The domain itself and each name above it.
    void take_suffixes(std::string_view domain, ports::SuppressionLookup& found) {
        for (int parents = 0; parents < kMostParents; ++parents) {
            const std::string suffix = fmt::format(".{}", domain);
            take_all(place_of(SubjectKind::Suffix, suffix), found);
            if (key_.has_value()) {
                take_all(hashed(SubjectKind::Suffix, suffix), found);
            }
            const std::size_t dot = domain.find('.');
            if (dot == std::string_view::npos) {
                return;
            }
            domain.remove_prefix(dot + 1);
        }
    }

    [[nodiscard]] SubjectPlace hashed(SubjectKind kind, std::string_view subject) const {
        // NOLINTNEXTLINE(bugprone-unchecked-optional-access): asked by those who have looked
        return hashed_place(*key_, kind, subject);
    }

    Connection& connection_;
    const Special& special_;
    std::optional<core::SecretKey> key_;
    const Asked& asked_;
};

core::Result<std::vector<ports::SuppressionLookup>, StoreError> SuppressionLookup::look_up(
    std::span<const mail::Address> addresses,
    const mail::EnvelopeSender& sender,
    core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::vector<ports::SuppressionLookup> found;
            if (addresses.size() == 1) {
                if (auto one = look_up_named(connection, addresses.front(), sender, now)) {
                    found.push_back(*std::move(one));
                    return found;
                }
            }
            found.reserve(addresses.size());
            // One transaction takes the lock once for all, and shows one state.
            connection.query("BEGIN").run();
            const std::shared_ptr<const Special> known = special(connection);
            std::optional<core::SecretKey> key;
            if (known->has_hashes) {
                key = key_of_(known->hash_check);
            }
            const Asked asked{.sender = sender, .now = now};
            Seeker seeker(connection, *known, key, asked);
            for (const mail::Address& address : addresses) {
                found.push_back(seeker.look_up(address));
            }
            connection.query("COMMIT").run();
            return found;
        });
    });
}

std::optional<ports::SuppressionLookup> SuppressionLookup::look_up_named(
    Connection& connection,
    const mail::Address& address,
    const mail::EnvelopeSender& sender,
    core::TimePoint now) const {
    const auto known = special_.with([](const auto& kept) { return kept; });
    if (known == nullptr || known->has_hashes || known->has_suffixes || !known->patterns.empty()) {
        return std::nullopt;
    }
    ports::SuppressionLookup found;
    if (take_named(connection, address, {.sender = sender, .now = now}, found) !=
        known->generation) {
        return std::nullopt;
    }
    return found;
}

std::shared_ptr<const SuppressionLookup::Special> SuppressionLookup::special(
    Connection& connection) {
    Special fresh;
    {
        Query query = connection.query("SELECT generation, hash_check FROM suppression_state");
        if (!query.step()) {
            throw DatabaseError("suppression list: its state is gone");
        }
        fresh.generation = query.integer(0);
        const auto known = special_.with([](const auto& kept) { return kept; });
        if (known != nullptr && known->generation == fresh.generation) {
            return known;
        }
        fresh.hash_check = query.text(1);
    }
    fresh.has_hashes = has_hashed_rows(connection);
    fresh.has_suffixes =
        has_rows_between(connection, ".", "/") || has_rows_between(connection, "#s", "#t");
    Query query = connection.query(
        "SELECT DISTINCT local FROM suppression WHERE domain = ? ORDER BY local LIMIT ?");
    query.bind(kPatternDomain).bind(static_cast<std::int64_t>(kMostPatterns));
    while (query.step()) {
        fresh.patterns.push_back(query.text(0));
    }
    auto known = std::make_shared<const Special>(std::move(fresh));
    special_.with([&](auto& kept) { kept = known; });
    return known;
}

}  // namespace holdback::io::sqlite
