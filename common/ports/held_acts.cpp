// SPDX-License-Identifier: Apache-2.0
#include "ports/held_acts.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"
#include "terms/held_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::ports {

namespace {

using terms::HeldRow;
using terms::HeldState;
using terms::ItemEvent;
using Ids = std::vector<std::int64_t>;

/// Applies the event to the item. False when the event does not concern it.
bool happen(HeldRows& rows, const HeldRow& row, const ItemEvent& event, core::TimePoint now) {
    const auto change = terms::apply(row, event, now);
    if (change.has_value()) {
        rows.write(row, *change, now);
    }
    return change.has_value();
}

/// The same for the item with this id; false when there is no such item.
bool happen(HeldRows& rows, std::int64_t id, const ItemEvent& event, core::TimePoint now) {
    const std::vector<HeldRow> found = rows.select(ById{id});
    return !found.empty() && happen(rows, found.front(), event, now);
}

/// The same event for many items, in one transaction. Gives the items that it concerns.
core::Result<Ids, StoreError> happen_to_all(HeldStore& store,
                                            std::span<const std::int64_t> ids,
                                            const ItemEvent& event,
                                            core::TimePoint now) {
    Ids changed;
    const auto done = store.change([&](HeldRows& rows) {
        for (const std::int64_t id : ids) {
            if (happen(rows, id, event, now)) {
                changed.push_back(id);
            }
        }
    });
    return done.has_value() ? core::Result<Ids, StoreError>(std::move(changed))
                            : std::unexpected(done.error());
}

/// The result of a transaction: what its work has made, or the store's error.
template <typename Made>
core::Result<Made, StoreError> made(core::Result<void, StoreError> done, Made what) {
    if (!done.has_value()) {
        return std::unexpected(std::move(done.error()));
    }
    return what;
}

/// The item that stands for a recipient already. A recipient that is returned at once has one, too,
/// where the MTA's client was told to try again.
std::optional<HeldRow> twin_of(HeldRows& rows,
                               const terms::HeldRecipient& recipient,
                               const std::optional<std::string>& identity) {
    if (!identity.has_value()) {
        return std::nullopt;
    }
    std::vector<HeldRow> twins = rows.select(ActiveTwin{*identity});
    if (twins.empty() && recipient.state == HeldState::Returned) {
        twins = rows.select(ReturnedTwin{*identity});
    }
    return twins.empty() ? std::nullopt : std::optional(std::move(twins.front()));
}

/// `hold` within a transaction.
std::vector<HoldOutcome> write_hold(HeldRows& rows, const NewHold& hold) {
    const terms::HeldMessage& message = hold.message;
    std::vector<HoldOutcome> outcomes;
    outcomes.reserve(hold.recipients.size());
    bool has_message = false;
    for (const terms::HeldRecipient& recipient : hold.recipients) {
        const auto identity = terms::identity_of(message, recipient);
        const std::optional<HeldRow> twin = twin_of(rows, recipient, identity);
        if (!twin.has_value() && !std::exchange(has_message, true)) {
            rows.add(message);
        }
        const std::int64_t id =
            twin.has_value() ? twin->id : rows.add(message, recipient, identity);
        if (twin.has_value() && recipient.in_doubt) {
            happen(rows, *twin, terms::CameAgain{recipient.mta_queue_id}, message.held_at);
        }
        if (recipient.state == HeldState::Returned) {
            happen(rows, id, terms::RefusedAtOnce{}, message.held_at);
        }
        outcomes.push_back({.id = id, .already_held = twin.has_value()});
    }
    return outcomes;
}

}  // namespace

core::Result<std::vector<std::vector<HoldOutcome>>, StoreError> hold_together(
    HeldStore& store, std::span<const NewHold> holds) {
    std::vector<std::vector<HoldOutcome>> outcomes;
    outcomes.reserve(holds.size());
    auto done = store.change([&](HeldRows& rows) {
        for (const NewHold& each : holds) {
            outcomes.push_back(write_hold(rows, each));
        }
    });
    return made(std::move(done), std::move(outcomes));
}

core::Result<std::vector<HoldOutcome>, StoreError> hold(
    HeldStore& store,
    const terms::HeldMessage& message,
    std::span<const terms::HeldRecipient> recipients) {
    const NewHold one{.message = message, .recipients = {recipients.begin(), recipients.end()}};
    std::vector<HoldOutcome> outcomes;
    auto done = store.change([&](HeldRows& rows) { outcomes = write_hold(rows, one); });
    return made(std::move(done), std::move(outcomes));
}

core::Result<Ids, StoreError> rescue(HeldStore& store,
                                     NewHold hold,
                                     std::string_view why,
                                     core::TimePoint now) {
    for (terms::HeldRecipient& recipient : hold.recipients) {
        recipient.state = HeldState::Held;
        recipient.in_doubt = true;
        recipient.release_at.reset();
        recipient.recheck_at.reset();
        // What the MTA's log says of the original proves nothing about a later release.
        recipient.mta_queue_id.clear();
    }
    Ids ids;
    auto done = store.change([&](HeldRows& rows) {
        for (const HoldOutcome& outcome : write_hold(rows, hold)) {
            happen(rows, outcome.id, terms::Rescued{std::string(why)}, now);
            ids.push_back(outcome.id);
        }
    });
    return made(std::move(done), std::move(ids));
}

core::Result<std::size_t, StoreError> doubt_all(HeldStore& store,
                                                std::string_view why,
                                                core::TimePoint now) {
    constexpr std::size_t kAtOnce = 1000;
    std::size_t doubted = 0;
    auto done = store.change([&](HeldRows& rows) {
        ActiveAfter next{.id = 0, .most = kAtOnce};
        for (auto page = rows.select(next); !page.empty(); page = rows.select(next)) {
            for (const HeldRow& row : page) {
                doubted += happen(rows, row, terms::MayHaveLeft{std::string(why)}, now) ? 1U : 0U;
            }
            next.id = page.back().id;
        }
    });
    return made(std::move(done), doubted);
}

core::Result<void, StoreError> settle_doubt(HeldStore& store,
                                            std::span<const TakenAnswer> answers) {
    return store.change(
        [&](HeldRows& rows) {
            for (const TakenAnswer& answer : answers) {
                const ItemEvent taken = terms::AnswerTaken{answer.queue_id};
                for (const std::int64_t id : answer.ids) {
                    happen(rows, id, taken, {});
                }
            }
        },
        Durability::Deferred);
}

core::Result<void, StoreError> note_doubt(HeldStore& store,
                                          std::span<const std::int64_t> ids,
                                          std::string_view why,
                                          core::TimePoint now) {
    const auto noted = happen_to_all(store, ids, terms::DoubtLasts{std::string(why)}, now);
    return noted.has_value() ? core::Result<void, StoreError>() : std::unexpected(noted.error());
}

core::Result<Ids, StoreError> settle_dropped(HeldStore& store,
                                             std::string_view queue_id,
                                             core::TimePoint at,
                                             std::string_view why,
                                             core::TimePoint now) {
    // Nearly always there is nothing to do, and then no other writer has to wait.
    HeldFilter filter;
    filter.copy_id = queue_id;
    filter.in_doubt = true;
    bool any = false;
    const auto listed = store.list(filter, [&](const HeldItem& /*item*/) {
        any = true;
        return false;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error());
    }
    Ids seen;
    if (!any) {
        return seen;
    }
    const ItemEvent dropped =
        terms::MtaDropped{.queue_id = std::string(queue_id), .at = at, .why = std::string(why)};
    auto done = store.change([&](HeldRows& rows) {
        for (const HeldRow& row : rows.select(InDoubtUnder{std::string(queue_id)})) {
            const auto change = terms::apply(row, dropped, now);
            if (!change.has_value()) {
                continue;
            }
            rows.write(row, *change, now);
            if (change->line.has_value()) {
                seen.push_back(row.id);
            }
        }
    });
    return made(std::move(done), std::move(seen));
}

core::Result<Ids, StoreError> settle_found(HeldStore& store,
                                           std::span<const FoundCopy> copies,
                                           core::TimePoint now) {
    Ids settled;
    auto done = store.change([&](HeldRows& rows) {
        std::set<std::string> queue_ids;
        for (const FoundCopy& copy : copies) {
            const terms::CopyFound found{.queue_id = copy.queue_id, .text = copy.text};
            if (happen(rows, copy.id, found, now)) {
                settled.push_back(copy.id);
                queue_ids.insert(copy.queue_id);
            }
        }
        for (const std::string& queue_id : queue_ids) {
            for (const HeldRow& dsn : terms::idle_dsns(rows.select(InDoubtUnder{queue_id}))) {
                happen(rows, dsn, terms::NobodyLeft{}, now);
            }
        }
    });
    return made(std::move(done), std::move(settled));
}

core::Result<Ids, StoreError> begin_release(HeldStore& store,
                                            std::span<const std::int64_t> ids,
                                            InDoubt in_doubt,
                                            std::string_view token_hash,
                                            std::string_view why,
                                            core::TimePoint now) {
    const ItemEvent begins = terms::ReleaseBegins{
        .in_doubt = in_doubt, .token = std::string(token_hash), .why = std::string(why)};
    Ids moved;
    bool is_one_message = true;
    auto done = store.change([&](HeldRows& rows) {
        std::vector<HeldRow> found;
        for (const std::int64_t id : ids) {
            std::ranges::move(rows.select(ById{id}), std::back_inserter(found));
        }
        is_one_message = std::ranges::all_of(
            found, [&](const HeldRow& row) { return row.spool_id == found.front().spool_id; });
        if (!is_one_message) {
            return;
        }
        for (const HeldRow& row : found) {
            if (happen(rows, row, begins, now)) {
                moved.push_back(row.id);
            }
        }
        if (!moved.empty()) {
            rows.write({.hash = std::string(token_hash), .spool_id = found.front().spool_id}, now);
        }
    });
    if (!is_one_message) {
        return std::unexpected(StoreError{"the items to release belong to more than one message"});
    }
    return made(std::move(done), std::move(moved));
}

core::Result<Ids, StoreError> settle(HeldStore& store,
                                     std::span<const ReleaseEnd> ends,
                                     core::TimePoint now) {
    Ids settled;
    auto done = store.change([&](HeldRows& rows) {
        for (const ReleaseEnd& end : ends) {
            const terms::ReleaseEnded ended{
                .what = end.what, .answer = end.answer, .retry_at = end.retry_at};
            if (happen(rows, end.id, ended, now)) {
                settled.push_back(end.id);
            }
        }
    });
    return made(std::move(done), std::move(settled));
}

core::Result<Ids, StoreError> end_items(HeldStore& store,
                                        std::span<const std::int64_t> ids,
                                        InDoubt in_doubt,
                                        HeldState state,
                                        std::string_view why,
                                        core::TimePoint now) {
    if (state != HeldState::Returned && state != HeldState::Discarded) {
        return std::unexpected(StoreError{"an item ends as returned or discarded"});
    }
    return happen_to_all(
        store,
        ids,
        terms::Ended{.in_doubt = in_doubt, .state = state, .why = std::string(why)},
        now);
}

core::Result<GivenBack, StoreError> give_back(HeldStore& store,
                                              std::span<const std::int64_t> ids,
                                              InDoubt in_doubt,
                                              const NewHold& dsn,
                                              std::string_view why,
                                              core::TimePoint now) {
    const ItemEvent ended =
        terms::Ended{.in_doubt = in_doubt, .state = HeldState::Returned, .why = std::string(why)};
    GivenBack given = GivenBack::No;
    auto done = store.change([&](HeldRows& rows) {
        std::vector<HeldRow> found;
        for (const std::int64_t id : ids) {
            std::ranges::move(rows.select(ById{id}), std::back_inserter(found));
        }
        if (found.size() != ids.size() || !std::ranges::all_of(found, [&](const HeldRow& row) {
                return terms::apply(row, ended, now).has_value();
            })) {
            return;
        }
        const std::vector<HoldOutcome> written = write_hold(rows, dsn);
        for (const HeldRow& row : found) {
            happen(rows, row, ended, now);
        }
        given = std::ranges::all_of(written, &HoldOutcome::already_held) ? GivenBack::ToldBefore
                                                                         : GivenBack::Yes;
    });
    return made(std::move(done), given);
}

namespace {

/// Sets a time of items; `Event` says which.
template <typename Event>
core::Result<void, StoreError> set_times(HeldStore& store, std::span<const Recheck> times) {
    return store.change(
        [&](HeldRows& rows) {
            for (const Recheck& time : times) {
                happen(rows, time.id, Event{time.at}, {});
            }
        },
        Durability::Deferred);
}

}  // namespace

core::Result<void, StoreError> recheck_later(HeldStore& store, std::span<const Recheck> rechecks) {
    return set_times<terms::RecheckAt>(store, rechecks);
}

core::Result<void, StoreError> expire_later(HeldStore& store, std::span<const Recheck> expiries) {
    return set_times<terms::ExpiresAt>(store, expiries);
}

core::Result<void, StoreError> release_later(HeldStore& store, std::span<const Recheck> releases) {
    return set_times<terms::ReleaseAt>(store, releases);
}

core::Result<bool, StoreError> readdress(HeldStore& store,
                                         std::int64_t id,
                                         std::string_view address,
                                         std::string_view why,
                                         core::TimePoint now) {
    bool is_changed = false;
    auto done = store.change([&](HeldRows& rows) {
        const std::vector<HeldRow> found = rows.select(ById{id});
        if (found.empty()) {
            return;
        }
        const HeldRow& row = found.front();
        const auto there =
            rows.select(AddressedTo{.spool_id = row.spool_id, .address = std::string(address)});
        const bool is_held_for_it =
            std::ranges::any_of(there, [id](const HeldRow& other) { return other.id != id; });
        is_changed = !is_held_for_it && happen(rows,
                                               row,
                                               terms::Readdressed{.address = std::string(address),
                                                                  .why = std::string(why)},
                                               now);
    });
    return made(std::move(done), is_changed);
}

core::Result<void, StoreError> about_to_leave(HeldStore& store,
                                              std::string_view token_hash,
                                              core::TimePoint now) {
    return store.change([&](HeldRows& rows) {
        if (auto token = rows.token(token_hash)) {
            token->sent = true;
            rows.write(*token, now);
        }
    });
}

core::Result<std::optional<ReleaseGrant>, StoreError> claim_token(HeldStore& store,
                                                                  std::string_view token_hash,
                                                                  std::string_view queue_id,
                                                                  core::TimePoint now) {
    std::optional<ReleaseGrant> grant;
    auto done = store.change([&](HeldRows& rows) {
        const auto token = rows.token(token_hash);
        const auto used = token.has_value() ? terms::used_up(*token) : std::nullopt;
        if (!used.has_value()) {
            return;
        }
        const terms::TokenCame came{std::string(queue_id)};
        for (const HeldRow& row : rows.select(UnderToken{std::string(token_hash)})) {
            if (!happen(rows, row, came, now)) {
                continue;
            }
            if (!grant.has_value()) {
                grant = ReleaseGrant{.spool_id = row.spool_id,
                                     .sender = row.sender,
                                     .kind = row.kind,
                                     .addresses = {}};
            }
            grant->addresses.push_back(row.address);
        }
        if (grant.has_value()) {
            rows.write(*used, now);
        }
    });
    return made(std::move(done), std::move(grant));
}

core::Result<Recovered, StoreError> recover(HeldStore& store, core::TimePoint now) {
    Recovered recovered;
    auto done = store.change([&](HeldRows& rows) {
        for (const HeldRow& row : rows.select(Releasing{})) {
            if (happen(rows, row, terms::ProgramEnded{rows.token(row.token)}, now)) {
                ++recovered.put_back;
            }
        }
        for (const HeldRow& row : rows.select(UnsaidDoubt{})) {
            if (happen(rows, row, terms::ProgramEnded{}, now)) {
                recovered.in_doubt.push_back(row.id);
            }
        }
    });
    return made(std::move(done), std::move(recovered));
}

core::Result<void, StoreError> note_copy(HeldStore& store,
                                         std::string_view spool_id,
                                         const CopyCheck& check,
                                         core::TimePoint now) {
    return store.change([&](HeldRows& rows) {
        rows.note_copy(spool_id, check);
        if (check.damage.empty()) {
            return;
        }
        for (const HeldRow& row : rows.select(HeldOf{std::string(spool_id)})) {
            happen(rows, row, terms::CopyDamaged{check.damage}, now);
        }
    });
}

}  // namespace holdback::ports
