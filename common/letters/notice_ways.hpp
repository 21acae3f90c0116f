// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of a notice that offers its reader what an answer can do, and nothing else.

#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"

#include <string>
#include <vector>

namespace holdback::letters {

/// A wish of the reader, and the command for it.
struct NoticeOffer {
    std::string want;
    std::string write;

    bool operator==(const NoticeOffer&) const = default;
};

/// The texts in reading order; each may be empty. Foreign text in them has no line ends.
struct NoticeWays {
    std::string how;  ///< how to answer, and how many recipients can be released
    std::vector<NoticeOffer> offers;
    std::string otherwise;  ///< what an answer cannot do, and whom to ask
};

/// Offers what an answer can do now: it releases what its reader may release, within the budget.
[[nodiscard]] NoticeWays notice_ways(const NoticeFacts& facts, const NoticeTexts& texts);

}  // namespace holdback::letters
