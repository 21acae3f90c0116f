// SPDX-License-Identifier: Apache-2.0
#pragma once
// The address, budget and words of notices, the same for all code that deals with them.

#include "config/settings.hpp"
#include "flow/snapshot.hpp"
#include "letters/notice_texts.hpp"

#include <string>
#include <string_view>

namespace holdback::flow {

/// `[notice] address`, or the default address if that is not set.
[[nodiscard]] std::string notice_address(const config::NoticeSettings& settings,
                                         std::string_view host_name);

/// The postmaster of the notice address's domain, whom senders can ask where no contact is set.
[[nodiscard]] std::string notice_postmaster(const config::NoticeSettings& settings,
                                            std::string_view host_name);

/// The contact as a clause for people: `[notice] contact`, or the administrator's address.
[[nodiscard]] std::string notice_contact(const config::NoticeSettings& settings,
                                         std::string_view host_name,
                                         const letters::NoticeTexts& texts);

/// The texts in which this sender is told of held mail. They live as long as the snapshot.
[[nodiscard]] const letters::NoticeTexts& notice_texts(const Snapshot& snapshot,
                                                       std::string_view sender);

/// The account whose budget a release uses: the SASL user, or the envelope sender of mail without
/// one.
[[nodiscard]] std::string budget_account(std::string_view user, std::string_view sender);

}  // namespace holdback::flow
