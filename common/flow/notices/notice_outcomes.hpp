// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the sender of an answer is told of each recipient, in the words of his language.

#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
#include "letters/notice_texts.hpp"
#include "terms/held.hpp"

#include <string>

namespace holdback::flow::notices {

/// True when a release of the item was tried, and failed, after `since`.
[[nodiscard]] bool was_tried(const terms::HeldRecipient& recipient, core::TimePoint since);
/// How such an item stands.
[[nodiscard]] std::string tried_text(const terms::HeldRecipient& recipient,
                                     const letters::NoticeTexts& texts);

/// An item that nothing can be done about any more, by its state.
[[nodiscard]] std::string ended_text(const terms::HeldRecipient& recipient,
                                     const letters::NoticeTexts& texts);

/// What has just been done.
[[nodiscard]] std::string outcome_text(const held::ItemOutcome& outcome,
                                       const letters::NoticeTexts& texts);

}  // namespace holdback::flow::notices
