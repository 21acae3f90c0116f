// SPDX-License-Identifier: Apache-2.0
#include "config/sender_logins.hpp"

#include "config/pattern_table.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdback::config {

namespace {

/// The text by which senders are compared.
std::string key_of(const mail::EnvelopeSender& sender) {
    if (const auto* address = std::get_if<mail::Address>(&sender)) {
        return address->key();
    }
    const auto* text = std::get_if<std::string>(&sender);
    return text == nullptr ? std::string() : core::to_lower(*text);
}

bool covers_any(const std::vector<SenderPattern>& patterns,
                const mail::EnvelopeSender& sender,
                std::string_view key) {
    return std::ranges::any_of(
        patterns, [&](const SenderPattern& pattern) { return pattern.covers(sender, key); });
}

/// The local part without quotes, in which Postfix looks it up.
std::string internal_local_part(std::string_view local) {
    if (!local.starts_with('"')) {
        return std::string(local);
    }
    std::string bare;
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
        if (local[i] == '\\' && i + 2 < local.size()) {
            ++i;
        }
        bare += local[i];
    }
    return bare;
}

/// The octets of the local part before an extension; nullopt: there is none.
std::optional<std::size_t> length_without_extension(std::string_view local,
                                                    std::string_view delimiters) {
    constexpr std::array<std::string_view, 3> kWhole{
        "postmaster", "mailer-daemon", "double-bounce"};
    const auto is_same = [&](std::string_view name) {
        return core::equals_ignoring_case(name, local);
    };
    if (local.starts_with('"') || std::ranges::any_of(kWhole, is_same)) {
        return std::nullopt;
    }
    const std::size_t at = local.find_first_of(delimiters);
    if (at == std::string_view::npos || at == 0) {
        return std::nullopt;
    }
    // Names of the owners of mailing lists stay whole.
    if (local[at] == '-' && (core::starts_with_ignoring_case(local, "owner-") ||
                             core::to_lower(local).ends_with("-request"))) {
        return std::nullopt;
    }
    return at;
}

/// One key under which Postfix looks a sender up. Tables of patterns are asked for whole addresses
/// alone.
struct LookUpKey {
    std::string text;
    std::string whole;  ///< for patterns; empty: they are not asked
};

std::vector<LookUpKey> look_up_keys(const mail::Address& sender,
                                    std::string_view delimiters,
                                    bool is_local) {
    const std::string key = sender.key();
    const std::string_view local = std::string_view(key).substr(0, key.rfind('@'));
    const std::string at_domain = "@" + sender.domain().text();
    const auto bare = length_without_extension(local, delimiters);
    std::vector<LookUpKey> keys{{.text = key, .whole = internal_local_part(local) + at_domain}};
    if (bare.has_value()) {
        keys.push_back({.text = std::string(local.substr(0, *bare)) + at_domain, .whole = {}});
    }
    if (is_local) {
        keys.push_back({.text = std::string(local), .whole = {}});
        if (bare.has_value()) {
            keys.push_back({.text = std::string(local.substr(0, *bare)), .whole = {}});
        }
    }
    keys.push_back({.text = at_domain, .whole = {}});
    return keys;
}

TableAnswer ask(const OwnerTable& table, const LookUpKey& key) {
    if (const auto* texts = std::get_if<KeyTable>(&table)) {
        const auto found = texts->find(key.text);
        return found == texts->end() ? TableAnswer(NotInTable{}) : TableAnswer(found->second);
    }
    if (const auto* patterns = std::get_if<std::vector<PatternRule>>(&table)) {
        return key.whole.empty() || key.whole.size() > kMostSenderOctets
                   ? TableAnswer(NotInTable{})
                   : ask_patterns(*patterns, key.whole);
    }
    return TableIsUnread{};
}

/// True when the user stands in "joe, bo anna".
bool is_owner(std::string_view owners, std::string_view user) {
    const std::string lower = core::to_lower_utf8(core::to_valid_utf8(owners));
    std::string_view rest = lower;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(", \t\r\n"), rest.size());
        if (rest.substr(0, end) == user) {
            return true;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

SenderRight right_by_keys(std::string_view user,
                          const std::vector<LookUpKey>& keys,
                          const std::vector<OwnerTable>& tables) {
    for (const LookUpKey& key : keys) {
        for (const OwnerTable& table : tables) {
            const TableAnswer answer = ask(table, key);
            if (std::holds_alternative<TableIsUnread>(answer)) {
                return SenderRight::Unknown;
            }
            if (const auto* owners = std::get_if<std::string>(&answer)) {
                return is_owner(*owners, user) ? SenderRight::Permitted : SenderRight::Forbidden;
            }
        }
    }
    return SenderRight::Free;
}

/// Whether Postfix delivers the domain by local(8).
mail::Membership is_local(const mail::Domain& domain, const mail::MtaNames& names) {
    if (domain.is_literal()) {
        return mail::Membership::Unknown;  // it may be an address of the host
    }
    if (core::equals_ignoring_case(domain.text(), names.origin)) {
        return mail::Membership::Yes;
    }
    for (const mail::DomainList& list : names.lists) {
        if (list.name() == "mydestination") {
            return list.has(domain);
        }
    }
    return names.troubles.empty() ? mail::Membership::No : mail::Membership::Unknown;
}

}  // namespace

bool SenderPattern::covers(const mail::EnvelopeSender& sender, std::string_view key) const {
    const auto* address = std::get_if<mail::Address>(&sender);
    switch (kind) {
        case Kind::Address:
            return key == text;
        case Kind::Domain:
            return address != nullptr && address->domain().text() == text;
        case Kind::Glob:
            return key.size() <= kMostSenderOctets && terms::pattern_fits(text, key);
    }
    return false;
}

void UserSenders::add(std::string_view user, const std::vector<SenderPattern>& senders) {
    if (user.find_first_of("*?") == std::string_view::npos) {
        std::vector<SenderPattern>& mine = named_[std::string(user)];
        mine.insert(mine.end(), senders.begin(), senders.end());
    } else {
        globs_.push_back({.user = std::string(user), .senders = senders});
    }
}

SenderRight UserSenders::right_of(std::string_view user, const mail::EnvelopeSender& sender) const {
    const std::string key = key_of(sender);
    bool is_named = false;
    if (const auto mine = named_.find(user); mine != named_.end()) {
        if (covers_any(mine->second, sender, key)) {
            return SenderRight::Permitted;
        }
        is_named = true;
    }
    for (const GlobLine& line : globs_) {
        if (!terms::pattern_fits(line.user, user)) {
            continue;
        }
        if (covers_any(line.senders, sender, key)) {
            return SenderRight::Permitted;
        }
        is_named = true;
    }
    return is_named ? SenderRight::Forbidden : SenderRight::Free;
}

SenderRight SenderOwners::right_of(std::string_view user,
                                   const mail::EnvelopeSender& sender) const {
    std::optional<mail::Address> address;
    if (const auto* given = std::get_if<mail::Address>(&sender)) {
        address = *given;
    } else if (const auto* text = std::get_if<std::string>(&sender);
               text != nullptr && !names.origin.empty() && text->find('@') == std::string::npos) {
        // smtpd(8) gives a sender without a domain that of the local users.
        if (auto parsed = mail::Address::parse(*text + "@" + names.origin, mail::Smtputf8::Yes)) {
            address = std::move(parsed->value);
        }
    }
    if (!address.has_value()) {
        return SenderRight::Free;
    }
    const auto right = [&](bool local) {
        return right_by_keys(user, look_up_keys(*address, delimiters, local), tables);
    };
    switch (is_local(address->domain(), names)) {
        case mail::Membership::Yes:
            return right(true);
        case mail::Membership::No:
            return right(false);
        case mail::Membership::Unknown:
            break;
    }
    const SenderRight here = right(true);
    const SenderRight elsewhere = right(false);
    if (here == elsewhere) {
        return here;
    }
    return here == SenderRight::Permitted || elsewhere == SenderRight::Permitted
               ? SenderRight::Permitted
               : SenderRight::Unknown;
}

SenderRight SenderLogins::right_of(std::string_view user,
                                   const mail::EnvelopeSender& sender) const {
    if (user.empty() || std::holds_alternative<mail::NullSender>(sender)) {
        return SenderRight::Free;
    }
    const std::string lower = core::to_lower_utf8(core::to_valid_utf8(user));
    SenderRight right = SenderRight::Free;
    for (const std::shared_ptr<const LoginSource>& source : sources_) {
        const SenderRight said = std::visit(
            [&](const auto& content) { return content.right_of(lower, sender); }, source->content);
        if (said == SenderRight::Permitted) {
            return said;
        }
        right = std::max(right, said);  // Unknown is the last of them
    }
    return right;
}

}  // namespace holdback::config
