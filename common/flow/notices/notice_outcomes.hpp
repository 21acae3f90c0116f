// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the sender of an answer is told about each recipient, in the sender's language.

#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
#include "letters/notice_texts.hpp"
#include "terms/held.hpp"

#include <string>

namespace holdback::flow::notices {

/// True when a release of the item was tried, and failed, after `since`.
[[nodiscard]] bool was_tried(const terms::HeldRecipient& recipient, core::TimePoint since);
/// The present state of such an item.
[[nodiscard]] std::string tried_text(const terms::HeldRecipient& recipient,
                                     const letters::NoticeTexts& texts);

/// The state of an item about which nothing can be done any more.
[[nodiscard]] std::string ended_text(const terms::HeldRecipient& recipient,
                                     const letters::NoticeTexts& texts);

/// The result of what was just done.
[[nodiscard]] std::string outcome_text(const held::ItemOutcome& outcome,
                                       const letters::NoticeTexts& texts);

}  // namespace holdback::flow::notices
