// SPDX-License-Identifier: Apache-2.0
#include "terms/failure_code.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "core/wire_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::terms {

namespace {

/// The flaw of an entry by itself; empty when there is none.
std::string flaw_of(const CodeEntry& entry) {
    if (!is_code_name(entry.name)) {
        return fmt::format("code {}: a name is made of a-z, 0-9 and hyphens", entry.code.number());
    }
    if (entry.strikes < 1 || entry.window.count() < 1 || entry.expiry.count() < 0) {
        return fmt::format("code {}: strikes and window are at least 1, expiry is not negative",
                           entry.code.number());
    }
    return {};
}

}  // namespace

bool is_code_name(std::string_view name) {
    const bool plain = std::ranges::all_of(
        name, [](char c) { return (c >= 'a' && c <= 'z') || core::is_ascii_digit(c) || c == '-'; });
    return plain && !name.empty() && name.front() != '-' && name.back() != '-';
}

std::optional<FailureCode> FailureCode::from_number(int number) {
    if (number < 1000 || number > 9999) {
        return std::nullopt;
    }
    return FailureCode(number, Checked{});
}

std::optional<FailureCode> FailureCode::parse(std::string_view text) {
    if (text.size() != 4) {
        return std::nullopt;
    }
    const auto number = core::parse_decimal(text);
    return number.has_value() ? from_number(static_cast<int>(*number)) : std::nullopt;
}

int severity_rank(FailureClass failure_class) {
    switch (failure_class) {
        case FailureClass::Permanent:
            return 0;
        case FailureClass::Rejected:
            return 1;
        case FailureClass::Temporary:
            return 2;
        case FailureClass::Communication:
            return 3;
        case FailureClass::Unknown:
            return 4;
        case FailureClass::Informational:
            return 5;
    }
    std::unreachable();
}

core::Result<CodeCatalogue, std::string> CodeCatalogue::make(std::vector<CodeEntry> entries) {
    std::ranges::sort(entries, {}, &CodeEntry::code);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const CodeEntry& entry = entries[i];
        if (std::string flaw = flaw_of(entry); !flaw.empty()) {
            return std::unexpected(std::move(flaw));
        }
        if (i > 0 && entries[i - 1].code == entry.code) {
            return std::unexpected(fmt::format("code {} stands twice", entry.code.number()));
        }
        if (!names.insert(entry.name).second) {
            return std::unexpected(fmt::format("the name \"{}\" stands twice", entry.name));
        }
    }
    CodeCatalogue catalogue(std::move(entries));
    for (const CodeEntry& entry : catalogue.entries_) {
        if (!entry.parent.has_value()) {
            continue;
        }
        const CodeEntry* parent = catalogue.find(*entry.parent);
        if (parent == nullptr) {
            return std::unexpected(fmt::format(
                "code {}: there is no parent {}", entry.code.number(), entry.parent->number()));
        }
        if (parent->parent.has_value()) {
            return std::unexpected(fmt::format("code {}: its parent {} has a parent itself",
                                               entry.code.number(),
                                               entry.parent->number()));
        }
    }
    return catalogue;
}

const CodeEntry* CodeCatalogue::find(FailureCode code) const {
    const auto found = std::ranges::lower_bound(entries_, code, {}, &CodeEntry::code);
    return found != entries_.end() && found->code == code ? &*found : nullptr;
}

const CodeEntry* CodeCatalogue::find_name(std::string_view name) const {
    const auto found = std::ranges::find(entries_, name, &CodeEntry::name);
    return found == entries_.end() ? nullptr : &*found;
}

FailureCode CodeCatalogue::shown_as(FailureCode code, bool extensions) const {
    const CodeEntry* entry = find(code);
    if (extensions || entry == nullptr) {
        return code;
    }
    return entry->parent.value_or(code);
}

std::string_view wire_name(FailureClass failure_class) {
    switch (failure_class) {
        case FailureClass::Rejected:
            return "rejected";
        case FailureClass::Permanent:
            return "permanent";
        case FailureClass::Temporary:
            return "temporary";
        case FailureClass::Communication:
            return "communication";
        case FailureClass::Informational:
            return "informational";
        case FailureClass::Unknown:
            return "unknown";
    }
    std::unreachable();
}

std::string_view wire_name(Actor actor) {
    switch (actor) {
        case Actor::Sender:
            return "sender";
        case Actor::Recipient:
            return "recipient";
        case Actor::Admin:
            return "admin";
        case Actor::Provider:
            return "provider";
        case Actor::Nobody:
            return "nobody";
    }
    std::unreachable();
}

std::string_view wire_name(Learning learning) {
    switch (learning) {
        case Learning::Never:
            return "never";
        case Learning::Suppress:
            return "suppress";
        case Learning::Count:
            return "count";
        case Learning::SuppressDomain:
            return "suppress-domain";
    }
    std::unreachable();
}

std::optional<FailureClass> parse_failure_class(std::string_view name) {
    using enum FailureClass;
    constexpr std::array kAll = {
        Rejected, Permanent, Temporary, Communication, Informational, Unknown};
    return core::find_wire_name(kAll, name);
}

std::optional<Actor> parse_actor(std::string_view name) {
    using enum Actor;
    constexpr std::array kAll = {Sender, Recipient, Admin, Provider, Nobody};
    return core::find_wire_name(kAll, name);
}

std::optional<Learning> parse_learning(std::string_view name) {
    using enum Learning;
    constexpr std::array kAll = {Never, Suppress, Count, SuppressDomain};
    return core::find_wire_name(kAll, name);
}

}  // namespace holdback::terms
