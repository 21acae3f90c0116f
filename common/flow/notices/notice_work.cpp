// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/notice_work.hpp"

#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/notices/notice_outcomes.hpp"
#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace holdback::flow::notices {

using letters::NoticeText;

bool may_release(const ports::HeldItem& item) {
    const auto finding = item.recipient.finding.name();
    return !finding.has_value() || terms::sender_may_release(*finding);
}

std::vector<std::int64_t> NoticeWork::held(std::span<const std::int64_t> ids,
                                           Wanted what,
                                           core::TimePoint taken_at) {
    std::vector<std::int64_t> found;
    for (const std::int64_t id : ids) {
        const auto item = items.find(id);
        if (item == items.end()) {
            outcomes[id] = texts.say(NoticeText::OutcomeForgotten);
            continue;
        }
        const terms::HeldRecipient& recipient = item->second.recipient;
        if (recipient.state != terms::HeldState::Held) {
            outcomes[id] = ended_text(recipient, texts);
        } else if (what == Wanted::Release && !may_release(item->second)) {
            const bool is_blocked = recipient.finding == terms::FindingName::BlockedByAdmin;
            outcomes[id] =
                texts.say(is_blocked ? NoticeText::OutcomeBlocked : NoticeText::OutcomeNoAddress);
        } else if (what == Wanted::Release && was_tried(recipient, taken_at)) {
            outcomes[id] = tried_text(recipient, texts);
        } else {
            found.push_back(id);
        }
    }
    return found;
}

void NoticeWork::note(const std::vector<held::ItemOutcome>& of) {
    for (const held::ItemOutcome& outcome : of) {
        outcomes[outcome.id] = outcome_text(outcome, texts);
    }
}

std::vector<letters::ConfirmedRow> NoticeWork::rows(const ports::Notice& notice) const {
    std::vector<letters::ConfirmedRow> rows;
    for (std::size_t i = 0; i < notice.items.size(); ++i) {
        const auto outcome = outcomes.find(notice.items[i]);
        if (outcome == outcomes.end()) {
            continue;
        }
        const auto item = items.find(notice.items[i]);
        rows.push_back({.number = i + 1,
                        .address = item == items.end() ? texts.say(NoticeText::ForgottenAddress)
                                                       : item->second.recipient.address,
                        .outcome = outcome->second});
    }
    return rows;
}

}  // namespace holdback::flow::notices
