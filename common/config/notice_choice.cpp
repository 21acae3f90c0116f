// SPDX-License-Identifier: Apache-2.0
#include "config/notice_choice.hpp"

#include "mail/address.hpp"
#include "mail/mailbox_pattern.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::config {

namespace {

template <typename T>
T first_that_has(std::string_view sender,
                 const std::vector<ForSenders<T>>& entries,
                 const T& otherwise) {
    const auto address = mail::Address::parse(sender, mail::Smtputf8::Yes);
    if (!address.has_value()) {
        return otherwise;
    }
    const auto found = std::ranges::find_if(entries, [&](const ForSenders<T>& entry) {
        return mail::pattern_covers(entry.pattern, address->value);
    });
    return found == entries.end() ? otherwise : found->value;
}

}  // namespace

std::string_view wire_name(NoticeTo to) {
    switch (to) {
        case NoticeTo::Sender:
            return "sender";
        case NoticeTo::User:
            return "user";
        case NoticeTo::From:
            return "from";
        case NoticeTo::Fixed:
            return "address";
    }
    std::unreachable();
}

NoticeTarget chosen_for(std::string_view sender,
                        const std::vector<ForSenders<NoticeTarget>>& entries,
                        const NoticeTarget& otherwise) {
    return first_that_has(sender, entries, otherwise);
}

std::string chosen_for(std::string_view sender,
                       const std::vector<ForSenders<std::string>>& entries,
                       const std::string& otherwise) {
    return first_that_has(sender, entries, otherwise);
}

}  // namespace holdback::config
