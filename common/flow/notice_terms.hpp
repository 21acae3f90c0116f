// SPDX-License-Identifier: Apache-2.0
#pragma once
// The address, the budget and the words of notices, as all who deal with them name these.

#include "config/settings.hpp"
#include "flow/snapshot.hpp"
#include "letters/notice_texts.hpp"

#include <string>
#include <string_view>

namespace holdback::flow {

/// The address of `[notice] address`, or the one that stands in its place.
[[nodiscard]] std::string notice_address(const config::NoticeSettings& settings,
                                         std::string_view host_name);

/// Whom senders are told to ask where nobody is named: the postmaster of the notice address'
/// domain.
[[nodiscard]] std::string notice_postmaster(const config::NoticeSettings& settings,
                                            std::string_view host_name);

/// Whom to ask, as a clause for people: `[notice] contact`, or the administrator's address.
[[nodiscard]] std::string notice_contact(const config::NoticeSettings& settings,
                                         std::string_view host_name,
                                         const letters::NoticeTexts& texts);

/// The words in which this sender is told of his held mail. They live as long as the snapshot.
[[nodiscard]] const letters::NoticeTexts& notice_texts(const Snapshot& snapshot,
                                                       std::string_view sender);

/// Whose budget a release counts against: the SASL user, or the envelope sender of mail without
/// one.
[[nodiscard]] std::string budget_account(std::string_view user, std::string_view sender);

}  // namespace holdback::flow
