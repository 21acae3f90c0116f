// SPDX-License-Identifier: Apache-2.0
#pragma once
// The address and the budget of notices, as all who deal with them name these.

#include "config/settings.hpp"
#include "ports/notice_store.hpp"

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
                                         std::string_view host_name);

/// Whose budget a release counts against: the SASL user, or the envelope sender of mail without
/// one.
[[nodiscard]] std::string budget_account(std::string_view user, std::string_view sender);

/// Cap, what was used, and when it is possible again: a clause for people.
[[nodiscard]] std::string budget_text(const config::Rate& budget,
                                      const ports::BudgetAnswer& answer);

}  // namespace holdback::flow
