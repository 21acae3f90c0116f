// SPDX-License-Identifier: Apache-2.0
#include "io/settings/address_list_file.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/text_file.hpp"
#include "io/settings/toml_access.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"
#include "outbound/address_lists.hpp"

#include <cstddef>
#include <expected>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

constexpr std::size_t kMostErrors = 20;
constexpr std::size_t kMostShown = 60;

/// `canonical` gives the form in which an entry is kept, or what is wrong with it.
template <typename Canonical>
core::Result<outbound::TextSet, FileErrors> read_list(std::string_view text,
                                                      std::string_view name,
                                                      std::string_view what,
                                                      const Canonical& canonical) {
    outbound::TextSet entries;
    FileErrors errors;
    for (const auto& [entry, line] : list_entries(text)) {
        core::Result<std::string, mail::SyntaxError> kept = canonical(entry);
        if (kept.has_value()) {
            entries.insert(*std::move(kept));
            continue;
        }
        errors.push_back({{std::string(name), line},
                          fmt::format("\"{}\" is not a {}: {}",
                                      core::printable(entry, kMostShown),
                                      what,
                                      mail::plain_words(kept.error()))});
        if (errors.size() == kMostErrors) {
            break;
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return entries;
}

core::Result<std::string, mail::SyntaxError> canonical_local_part(std::string_view entry) {
    const auto address =
        mail::Address::parse(fmt::format("{}@a.invalid", entry), mail::Smtputf8::Yes);
    if (!address.has_value()) {
        return std::unexpected(address.error());
    }
    return core::to_lower(address->value.local_part());
}

/// Reads the list in the file into `list`; an empty path is an empty list.
template <typename Read>
void load_list(const std::string& path,
               const Read& read,
               outbound::TextSet& list,
               FileErrors& errors) {
    if (path.empty()) {
        return;
    }
    const auto text = read_text_file(path);
    if (!text.has_value()) {
        errors.push_back(text.error());
        return;
    }
    auto entries = read(*text, path);
    if (entries.has_value()) {
        list = *std::move(entries);
        return;
    }
    errors.insert(errors.end(),
                  std::make_move_iterator(entries.error().begin()),
                  std::make_move_iterator(entries.error().end()));
}

}  // namespace

core::Result<outbound::TextSet, FileErrors> read_role_list(std::string_view text,
                                                           std::string_view name) {
    return read_list(text, name, "local part", canonical_local_part);
}

core::Result<outbound::TextSet, FileErrors> read_domain_list(std::string_view text,
                                                             std::string_view name) {
    return read_list(text, name, "domain", mail::canonical_domain);
}

core::Result<outbound::AddressLists, FileErrors> load_address_lists(
    const config::PolicySettings& settings) {
    outbound::AddressLists lists;
    FileErrors errors;
    load_list(settings.role_addresses, read_role_list, lists.roles, errors);
    load_list(settings.disposable_domains, read_domain_list, lists.disposable, errors);
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return lists;
}

}  // namespace holdback::io::settings
