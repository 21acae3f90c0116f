// SPDX-License-Identifier: Apache-2.0
#pragma once
// The items that an answer to a notice is about, with what became of them.

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

    const letters::NoticeTexts& texts;  ///< what the outcomes are told in; outlives it
    std::map<std::int64_t, ports::HeldItem> items;
    std::map<std::int64_t, std::string> outcomes;

    /// Those of `ids` that are held and may be acted upon; the others get their outcome. What was
    /// tried since `taken_at` was tried by this command before the program ended in the middle: a
    /// second try could make a second copy.
    [[nodiscard]] std::vector<std::int64_t> held(std::span<const std::int64_t> ids,
                                                 Wanted what,
                                                 core::TimePoint taken_at);

    void note(const std::vector<held::ItemOutcome>& of);

    /// What became of them, by their numbers in the notice.
    [[nodiscard]] std::vector<letters::ConfirmedRow> rows(const ports::Notice& notice) const;
};

}  // namespace holdback::flow::notices
