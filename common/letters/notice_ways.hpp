// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the reader of a notice can do about held mail, and what it offers: nothing else.

#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"

#include <string>
#include <vector>

namespace holdback::letters {

/// What one wants, and what one writes for it.
struct NoticeOffer {
    std::string want;
    std::string write;

    bool operator==(const NoticeOffer&) const = default;
};

/// In the order in which they are read; each may be empty. Foreign text in it is one line.
struct NoticeWays {
    std::string how;  ///< to answer, and how many can be released
    std::vector<NoticeOffer> offers;
    std::string otherwise;  ///< what an answer can't do, and whom to ask
};

/// Offers what an answer can do just now: it releases what its reader may release, as far as the
/// budget goes.
[[nodiscard]] NoticeWays notice_ways(const NoticeFacts& facts, const NoticeTexts& texts);

}  // namespace holdback::letters
