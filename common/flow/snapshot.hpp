// SPDX-License-Identifier: Apache-2.0
#pragma once
// The settings, codes, rules and texts that a session uses, swapped as a whole on reload.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "letters/notice_texts.hpp"
#include "limits/limit_set.hpp"
#include "outbound/address_lists.hpp"
#include "reading/knowledge.hpp"
#include "terms/failure_code.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace holdback::flow {

/// One consistent set of what an administrator can change. Immutable.
struct Snapshot {
    config::Settings settings;
    terms::CodeCatalogue codes;
    reading::Knowledge knowledge;
    outbound::AddressLists lists;
    limits::LimitSet limits;
    letters::NoticeLanguages notices;
    config::SenderLogins logins = {};
};

/// Hands out the current snapshot. A session keeps the one with which it began. Safe from several
/// threads.
class SnapshotSource {
public:
    explicit SnapshotSource(std::shared_ptr<const Snapshot> first) : current_(std::move(first)) {}

    [[nodiscard]] std::shared_ptr<const Snapshot> current() const {
        const std::scoped_lock lock(mutex_);
        return current_;
    }
    void replace(std::shared_ptr<const Snapshot> next) {
        const std::scoped_lock lock(mutex_);
        current_.swap(next);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Snapshot> current_;
};

}  // namespace holdback::flow
