// SPDX-License-Identifier: Apache-2.0
#include "mail/mta_names.hpp"

#include "core/text.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::mail {

namespace {

/// A name as `Domain::text` has it; a leading dot stays.
std::string canonical_name(std::string_view name) {
    const bool dotted = name.starts_with('.');
    const auto domain = Domain::parse(dotted ? name.substr(1) : name, Smtputf8::Yes);
    if (!domain.has_value()) {
        return core::to_lower(name);
    }
    return (dotted ? "." : "") + domain->value.text();
}

/// The domain above, without its dot; empty above a top-level domain.
std::string_view parent_of(std::string_view name) {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

/// The entry for any of the keys that stands first in the list; nullptr when there is none.
template <typename Entries>
const typename Entries::mapped_type* first_of(const Entries& entries,
                                              const std::vector<std::string>& keys) {
    const typename Entries::mapped_type* first = nullptr;
    for (const std::string& key : keys) {
        const auto found = entries.find(key);
        if (found != entries.end() &&
            (first == nullptr || found->second.position < first->position)) {
            first = &found->second;
        }
    }
    return first;
}

/// True when a table has one of the keys; nullopt when no answer was yes and one is missing.
std::optional<bool> has_any(const MtaTable& table,
                            const std::vector<std::string>& keys,
                            const DomainList::Has& table_has) {
    std::optional<bool> all = false;
    for (const std::string& key : keys) {
        const std::optional<bool> answer = table_has(table, key);
        if (answer.value_or(false)) {
            return true;
        }
        if (!answer.has_value()) {
            all.reset();
        }
    }
    return all;
}

}  // namespace

void DomainList::add_name(std::string_view name, bool excludes) {
    names_.try_emplace(canonical_name(name), NameEntry{.position = entries_, .excludes = excludes});
    ++entries_;
}

void DomainList::add_table(MtaTable table, bool excludes) {
    tables_.push_back({.position = entries_, .excludes = excludes, .table = std::move(table)});
    ++entries_;
}

std::vector<std::string> DomainList::keys_of(const Domain& domain) const {
    std::vector<std::string> keys{domain.text()};
    if (domain.is_literal() || subdomains_ == Subdomains::Never) {
        return keys;
    }
    for (auto parent = parent_of(domain.text()); !parent.empty(); parent = parent_of(parent)) {
        keys.push_back((subdomains_ == Subdomains::ByDot ? "." : "") + std::string(parent));
    }
    return keys;
}

Membership DomainList::has(const Domain& domain, const Has& table_has) const {
    const std::vector<std::string> keys = keys_of(domain);
    const NameEntry* const by_name = first_of(names_, keys);
    bool perhaps_in = false;
    bool perhaps_out = false;
    const auto decided = [&](bool excludes) {
        const bool doubted = excludes ? perhaps_in : perhaps_out;
        if (doubted) {
            return Membership::Unknown;
        }
        return excludes ? Membership::No : Membership::Yes;
    };
    for (const TableEntry& entry : tables_) {
        if (by_name != nullptr && by_name->position < entry.position) {
            break;
        }
        const std::optional<bool> answer = has_any(entry.table, keys, table_has);
        if (answer.value_or(false)) {
            return decided(entry.excludes);
        }
        (entry.excludes ? perhaps_out : perhaps_in) |= !answer.has_value();
    }
    if (by_name != nullptr) {
        return decided(by_name->excludes);
    }
    return perhaps_in ? Membership::Unknown : Membership::No;
}

Membership DomainList::has(const Domain& domain) const {
    return has(domain, [](const MtaTable& /*table*/, std::string_view /*key*/) {
        return std::optional<bool>();
    });
}

void DomainList::each_table(const std::function<void(const MtaTable&)>& call) const {
    for (const TableEntry& entry : tables_) {
        call(entry.table);
    }
}

bool MtaNames::are_of(std::string_view mta_name) const {
    const auto is_it = [mta_name](std::string_view name) {
        return core::equals_ignoring_case(name, mta_name);
    };
    return mta_name.empty() || host_name.empty() || is_it(host_name) ||
           std::ranges::any_of(other_names, is_it);
}

std::optional<std::string> MtaNames::list_of(const Domain& domain) const {
    for (const DomainList& list : lists) {
        if (list.has(domain) == Membership::Yes) {
            return list.name();
        }
    }
    return std::nullopt;
}

}  // namespace holdback::mail
