// SPDX-License-Identifier: Apache-2.0
#include "flow/notice_terms.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "outbound/compose.hpp"
#include "ports/notice_store.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::flow {

std::string notice_address(const config::NoticeSettings& settings, std::string_view host_name) {
    return settings.address.empty() ? fmt::format("holdback@{}", host_name) : settings.address;
}

std::string notice_postmaster(const config::NoticeSettings& settings, std::string_view host_name) {
    const std::string address = notice_address(settings, host_name);
    return fmt::format("postmaster{}", address.substr(address.rfind('@')));
}

std::string notice_contact(const config::NoticeSettings& settings, std::string_view host_name) {
    return settings.contact.empty()
               ? fmt::format("the mail administrator ({})", notice_postmaster(settings, host_name))
               : settings.contact;
}

std::string budget_account(std::string_view user, std::string_view sender) {
    return user.empty() ? fmt::format("sender {}", core::to_lower(sender))
                        : fmt::format("user {}", user);
}

std::string budget_text(const config::Rate& budget, const ports::BudgetAnswer& answer) {
    return fmt::format("{} recipients in {} are allowed, {} were released, {}",
                       budget.count,
                       outbound::plain_duration(budget.window),
                       answer.used,
                       answer.again_at.has_value()
                           ? fmt::format("so many can be again from {} on",
                                         outbound::rfc5322_date(*answer.again_at))
                           : std::string("so many can never be at once"));
}

}  // namespace holdback::flow
