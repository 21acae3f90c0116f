// SPDX-License-Identifier: Apache-2.0
#include "mail/folded_sender.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::mail {

namespace {

/// True for a long local part that mixes letters and digits as no person's or role's does:
/// "0100018f3c2a7b1e000000", but not "student.20231234".
bool is_token(std::string_view local) {
    constexpr std::size_t kFewestOctets = 16;
    constexpr std::size_t kFewestDigits = 4;
    constexpr std::size_t kFewestChanges = 3;
    std::size_t digits = 0;
    std::size_t changes = 0;
    for (std::size_t i = 0; i < local.size(); ++i) {
        const bool is_digit = core::is_ascii_digit(local[i]);
        digits += static_cast<std::size_t>(is_digit);
        changes +=
            static_cast<std::size_t>(i > 0 && is_digit != core::is_ascii_digit(local[i - 1]));
    }
    return local.size() >= kFewestOctets && digits >= kFewestDigits &&
           (digits == local.size() || changes >= kFewestChanges);
}

bool is_letter_or_digit(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c);
}

/// The position where `word` stands alone in a local part, not inside another word; npos when
/// nowhere.
std::size_t find_word(std::string_view local, std::string_view word) {
    std::size_t at = word.empty() ? std::string_view::npos : local.find(word);
    while (at != std::string_view::npos) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_letter_or_digit(local[at - 1]);
        if (begins && (end == local.size() || !is_letter_or_digit(local[end]))) {
            break;
        }
        at = local.find(word, at + 1);
    }
    return at;
}

/// The position where a sender's local part begins to name a recipient; npos when it does not.
std::size_t where_named(std::string_view sender, std::string_view recipient) {
    const std::size_t sender_at = sender.rfind('@');
    const std::size_t recipient_at = recipient.rfind('@');
    if (sender_at == std::string_view::npos || recipient_at == std::string_view::npos) {
        return std::string_view::npos;
    }
    const std::string local = core::to_lower(sender.substr(0, sender_at));
    const std::string person = core::to_lower(recipient.substr(0, recipient_at));
    const std::string domain = core::to_lower(recipient.substr(recipient_at + 1));
    const std::size_t of_domain = find_word(local, domain);
    const std::size_t of_person = find_word(local, person);
    return of_domain == std::string::npos || of_person == std::string::npos
               ? std::string_view::npos
               : std::min(of_domain, of_person);
}

}  // namespace

std::string folded_sender(std::string_view sender) {
    std::string lower = core::to_lower(sender);
    const std::size_t at = lower.rfind('@');
    if (at == std::string::npos) {
        return lower;
    }
    std::string_view local = std::string_view(lower).substr(0, at);
    const std::string_view domain = std::string_view(lower).substr(at);
    if (local.starts_with("srs0") || local.starts_with("srs1")) {
        return lower;  // forwarded for somebody: the part that differs is the author
    }
    if (local.starts_with("prvs=")) {
        local = local.substr(local.rfind('=') + 1);
    }
    std::size_t end = std::min(local.find('+'), local.size());
    for (std::size_t i = 1; i < end; ++i) {
        if (local[i] != '-' && local[i] != '=') {
            continue;
        }
        const std::string_view next = local.substr(i + 1, local.find_first_of("-+", i + 1) - i - 1);
        if (local[i] == '=' || next.find('=') != std::string_view::npos ||
            std::ranges::any_of(next, core::is_ascii_digit)) {
            end = i;
        }
    }
    const std::string_view kept = local.substr(0, end);
    if (is_token(kept)) {
        return fmt::format("*{}", domain);
    }
    return fmt::format("{}{}", kept.empty() ? local : kept, domain);
}

std::string folded_sender(std::string_view sender, std::string_view recipient) {
    const std::size_t names = where_named(sender, recipient);
    if (names == std::string_view::npos) {
        return folded_sender(sender);
    }
    const std::size_t sender_at = sender.rfind('@');
    const std::string local = core::to_lower(sender.substr(0, sender_at));
    std::string_view kept = std::string_view(local).substr(0, names);
    while (!kept.empty() && !is_letter_or_digit(kept.back())) {
        kept.remove_suffix(1);
    }
    return folded_sender(
        fmt::format("{}@{}", kept.empty() ? "*" : kept, sender.substr(sender_at + 1)));
}

std::string verp_sender(std::string_view sender, std::string_view recipient) {
    if (where_named(sender, recipient) != std::string_view::npos) {
        return folded_sender(sender, recipient);
    }
    const std::string folded = folded_sender(sender);
    return folded.starts_with("*@") ? folded : std::string(sender);
}

std::string spool_sharer(std::string_view user,
                         std::string_view sender,
                         std::string_view recipient) {
    return user.empty() ? folded_sender(sender, recipient) : std::string(user);
}

}  // namespace holdback::mail
