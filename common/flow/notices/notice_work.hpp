// SPDX-License-Identifier: Apache-2.0
#pragma once
// The items of an answer to a notice, and their outcomes.

#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace holdback::flow::notices {

/// True for an item that its sender may release.
[[nodiscard]] bool may_release(const ports::HeldItem& item);

enum class Wanted : std::uint8_t { Release, Discard };

/// The items of one command.
struct NoticeWork {
    explicit NoticeWork(const letters::NoticeTexts& words) : texts(words) {}

    const letters::NoticeTexts& texts;  ///< for the outcomes; outlives the object
    std::map<std::int64_t, ports::HeldItem> items;
    std::map<std::int64_t, std::string> outcomes;

    /// Those of `ids` that are held and may be acted on; the others get their outcome. An item
    /// tried since `taken_at` was tried by this command, before the program ended in between. It is
    /// not tried again, since that could make a second copy.
    [[nodiscard]] std::vector<std::int64_t> held(std::span<const std::int64_t> ids,
                                                 Wanted what,
                                                 core::TimePoint taken_at);

    void note(const std::vector<held::ItemOutcome>& of);

    /// The outcomes, by the numbers of the items in the notice.
    [[nodiscard]] std::vector<letters::ConfirmedRow> rows(const ports::Notice& notice) const;
};

}  // namespace holdback::flow::notices
