// SPDX-License-Identifier: Apache-2.0
#include "milter/spool_guard.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/state/spool_pair.hpp"
#include "io/state/use_lock.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "terms/spool_pair.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

using terms::PairState;

template <typename Value, typename Error>
Value value_or_throw(core::Result<Value, Error> result) {
    if (!result.has_value()) {
        if constexpr (requires { result.error().what; }) {
            throw std::runtime_error(result.error().what);
        } else {
            throw std::runtime_error(result.error());
        }
    }
    return *std::move(result);
}

/// Gives the error a text for the user when another process holds the lock.
core::Result<io::state::UseLock, io::state::UseError> with_words(
    core::Result<io::state::UseLock, io::state::UseError> lock,
    const std::string& path,
    std::string_view what) {
    if (!lock.has_value() && lock.error().why == io::state::UseError::Why::InUse) {
        lock.error().what = fmt::format(
            "{}: another daemon or holdbackctl uses this {}: each instance needs a store and a "
            "spool of its own",
            path,
            what);
    }
    return lock;
}

}  // namespace

SpoolGuard::SpoolGuard(const config::Settings& settings, ports::Log& log)
    : store_path_(settings.store.path), spool_path_(settings.hold.spool), log_(&log) {
    auto store = lock_store();
    if (store.has_value()) {
        store_lock_ = *std::move(store);
    } else if (store.error().why == io::state::UseError::Why::InUse) {
        refuse(store.error().what);
    } else {
        trouble_ = store.error().what;
    }
    auto spool = lock_spool();
    if (!spool.has_value()) {
        if (spool.error().why == io::state::UseError::Why::InUse) {
            refuse(spool.error().what);
        }
        throw std::runtime_error(spool.error().what);
    }
    spool_lock_ = *std::move(spool);
}

core::Result<io::state::UseLock, io::state::UseError> SpoolGuard::lock_store() const {
    return with_words(io::state::lock_store(store_path_), store_path_, "store, see [store] path");
}

core::Result<io::state::UseLock, io::state::UseError> SpoolGuard::lock_spool() const {
    return with_words(io::state::lock_spool(spool_path_), spool_path_, "spool, see [hold] spool");
}

void SpoolGuard::refuse(const std::string& text) const {
    log_->write(ports::Severity::Error, core::printable(text));
    throw StartRefusal(text);
}

void SpoolGuard::let_go() {
    keeper_.reset();
    store_lock_.reset();
    spool_lock_.reset();
}

core::Result<void, std::string> SpoolGuard::take_again() {
    if (!store_lock_.has_value()) {
        auto store = lock_store();
        if (!store.has_value()) {
            return std::unexpected(std::move(store.error().what));
        }
        store_lock_ = *std::move(store);
    }
    if (!spool_lock_.has_value()) {
        auto spool = lock_spool();
        if (!spool.has_value()) {
            return std::unexpected(std::move(spool.error().what));
        }
        spool_lock_ = *std::move(spool);
    }
    return {};
}

std::optional<std::string> SpoolGuard::pair(io::sqlite::Database& database,
                                            ports::HeldStore& held,
                                            const ports::Spool& spool) {
    const terms::PairFacts facts = pair_facts(database, held, spool, spool_path_);
    const PairState state = judge_pair(facts);
    if (state == PairState::Paired && facts.spool.has_value()) {
        keeper_.emplace(spool_path_, *facts.spool);
    } else if (state == PairState::New) {
        keeper_.emplace(spool_path_, value_or_throw(io::state::make_pair(database, spool_path_)));
    } else {
        return refusal_text(state, facts, store_path_, spool_path_);
    }
    return std::nullopt;
}

void SpoolGuard::keep(io::sqlite::Database& database) {
    if (!keeper_.has_value()) {
        return;
    }
    const auto kept = keeper_->keep(database);
    if (!kept.has_value() && !std::exchange(said_, true)) {
        log_->write(
            ports::Severity::Error,
            fmt::format("spool: its mark can't be written: {}", core::log_safe(kept.error())));
    }
    said_ = said_ && !kept.has_value();
}

std::string refusal_text(PairState state,
                         const terms::PairFacts& facts,
                         const std::string& store,
                         const std::string& spool) {
    std::string what;
    switch (state) {
        case PairState::Paired:
        case PairState::New:
            return {};
        case PairState::StoreIsNew:
            what = fmt::format(
                "the spool {} has {} messages, {} of which are not in the store {}, which belongs "
                "to another spool or is new",
                spool,
                facts.files,
                facts.unlisted,
                store);
            break;
        case PairState::StoreIsOlder:
            what = fmt::format(
                "the store {} is older than the spool {}: later changes to held mail are not in it",
                store,
                spool);
            break;
        case PairState::SpoolIsOlder:
            what = fmt::format(
                "the spool {} is older than the store {}, which knows more of what was held",
                spool,
                store);
            break;
        case PairState::SpoolIsMissing:
            what = fmt::format(
                "the store {} waits for the messages of {} held recipients, and the spool {} is "
                "empty and belongs to no store or to another",
                store,
                facts.waiting,
                spool);
            break;
        case PairState::Strangers:
            what = fmt::format(
                "the store {} and the spool {} with its {} messages do not belong together",
                store,
                spool,
                facts.files);
            break;
    }
    return fmt::format(
        "{}; set [store] path and [hold] spool to those that belong together, or put the missing "
        "one back, or have holdbackctl held rescue list what is in the spool in this store, in "
        "doubt",
        what);
}

terms::PairFacts pair_facts(io::sqlite::Database& database,
                            ports::HeldStore& held,
                            const ports::Spool& spool,
                            const std::string& spool_path) {
    terms::PairFacts facts;
    facts.store = io::state::read_store_mark(database);
    facts.spool = value_or_throw(io::state::read_spool_mark(spool_path));
    const auto listed = value_or_throw(held.listed_spool_ids());
    const auto files = value_or_throw(spool.ids());
    facts.files = files.size();
    facts.unlisted = static_cast<std::size_t>(std::ranges::count_if(
        files, [&](const std::string& file) { return !std::ranges::binary_search(listed, file); }));
    const ports::HeldCounts counts = value_or_throw(held.counts());
    facts.waiting = counts.held + counts.releasing;
    return facts;
}

}  // namespace holdback::milter
