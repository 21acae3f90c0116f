// SPDX-License-Identifier: Apache-2.0
#include "flow/notice_terms.hpp"

#include "config/notice_choice.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "flow/snapshot.hpp"
#include "letters/notice_texts.hpp"

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

std::string notice_contact(const config::NoticeSettings& settings,
                           std::string_view host_name,
                           const letters::NoticeTexts& texts) {
    return settings.contact.empty()
               ? texts.say(letters::NoticeText::Administrator,
                           {{"address", notice_postmaster(settings, host_name)}})
               : settings.contact;
}

const letters::NoticeTexts& notice_texts(const Snapshot& snapshot, std::string_view sender) {
    const config::NoticeSettings& settings = snapshot.settings.notice;
    return letters::texts_of(
        snapshot.notices,
        config::chosen_for(sender, settings.language_by_sender, settings.language));
}

std::string budget_account(std::string_view user, std::string_view sender) {
    return user.empty() ? fmt::format("sender {}", core::to_lower(sender))
                        : fmt::format("user {}", user);
}

}  // namespace holdback::flow
