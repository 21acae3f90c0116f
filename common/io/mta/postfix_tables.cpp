// SPDX-License-Identifier: Apache-2.0
#include "io/mta/postfix_tables.hpp"

#include "config/mta_text.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/system/program_output.hpp"
#include "mail/address.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "mail/transport.hpp"
#include "ports/log.hpp"
#include "ports/mta_tables.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::mta {

namespace {

constexpr std::chrono::minutes kKept{5};
constexpr std::chrono::minutes kRest{1};
constexpr std::chrono::seconds kTrial{2};
constexpr std::size_t kMostKept = 20'000;

/// The keys by which transport(5) looks up an address: itself, without its extension, its domain,
/// then ".parent" for each domain above that.
std::vector<std::string> transport_keys(const mail::Address& address) {
    const std::string key = address.key();
    std::vector<std::string> keys{key};
    const std::size_t at = key.rfind('@');
    const std::size_t plus = key.find('+');
    if (plus != std::string::npos && plus > 0 && plus < at) {
        keys.push_back(key.substr(0, plus) + key.substr(at));
    }
    for (std::string& name :
         mail::DomainList("", mail::Subdomains::ByDot).keys_of(address.domain())) {
        keys.push_back(std::move(name));
    }
    return keys;
}

/// True for tables of patterns, which are asked only for whole addresses.
bool has_patterns(const mail::MtaTable& table) {
    return std::ranges::any_of(std::array<std::string_view, 3>{"regexp:", "pcre:", "cidr:"},
                               [&](std::string_view type) { return table.name.contains(type); });
}

/// The first line in which postmap says that a table gave no answer.
std::optional<std::string_view> trouble_in(std::string_view output) {
    for (const std::string_view line : core::split(output, '\n')) {
        if (line.starts_with("postmap: fatal:") || line.starts_with("postmap: error:") ||
            (line.starts_with("postmap: warning:") && line.contains("error"))) {
            return line;
        }
    }
    return std::nullopt;
}

}  // namespace

void PostfixTables::use(const mail::MtaNames& names) {
    const std::scoped_lock lock(mutex_);
    names_ = names;
    tried_ = false;
    tables_.clear();
}

void PostfixTables::try_all() {
    if (tried_.exchange(true)) {
        return;
    }
    const auto nobody = mail::Address::parse("nobody@holdback.invalid", mail::Smtputf8::No);
    static_cast<void>(ask(std::span(&nobody.value().value, 1), clock_.steady_now() + kTrial));
}

const std::optional<std::string>* PostfixTables::find(const mail::MtaTable& table,
                                                      std::string_view key) const {
    const auto known = tables_.find(table);
    if (known == tables_.end()) {
        return nullptr;
    }
    const auto value = known->second.values.find(key);
    return value == known->second.values.end() ? nullptr : &value->second;
}

void PostfixTables::look_up(const mail::MtaTable& table,
                            const Keys& keys,
                            core::SteadyPoint deadline) {
    const core::SteadyPoint now = clock_.steady_now();
    Known& known = tables_[table];
    if (now >= known.until || known.values.size() + keys.size() > kMostKept) {
        known.values.clear();
        known.until = now + kKept;
    }
    std::string question;
    for (const std::string& key : keys) {
        if (!known.values.contains(key)) {
            question += key + "\n";
        }
    }
    if (question.empty() || (known.broken_until.has_value() && now < *known.broken_until)) {
        return;
    }
    const auto program = system::find_program("postmap");
    const auto output = system::run_program(program.value_or("/usr/sbin/postmap"),
                                            {"-c", table.instance, "-q", "-", table.name},
                                            question,
                                            deadline);
    const auto trouble = output.has_value() ? trouble_in(output->text)
                                            : std::optional<std::string_view>(output.error());
    if (trouble.has_value()) {
        known.broken_until = clock_.steady_now() + kRest;
        log_.write(ports::Severity::Warning,
                   fmt::format("mta: {} gives no answer: {}; DNS answers about domains that it may "
                               "list are doubted, and senders with such a domain who have not "
                               "logged in get no notice and no DSN unless [outgoing] own_domains "
                               "has it",
                               core::log_safe(table.name),
                               core::log_safe(*trouble)));
        return;
    }
    for (const std::string& key : keys) {
        known.values.try_emplace(key, std::nullopt);
    }
    // Lines are "key<tab>value", with the key as it was asked.
    for (const std::string_view line : core::split(output->text, '\n')) {
        const std::size_t tab = line.find('\t');
        const auto asked = known.values.find(line.substr(0, tab));
        if (tab != std::string_view::npos && asked != known.values.end()) {
            asked->second = std::string(line.substr(tab + 1));
        }
    }
}

ports::OwnRoute PostfixTables::by_transport(const mail::Address& address) const {
    const std::vector<std::string> keys = transport_keys(address);
    for (const std::string& key : keys) {
        for (const mail::MtaTable& table : names_.transport_maps) {
            if (has_patterns(table) && key != keys.front()) {
                continue;
            }
            const std::optional<std::string>* const value = find(table, key);
            if (value == nullptr) {
                return {.membership = mail::Membership::Unknown, .list = {}};
            }
            if (!value->has_value()) {
                continue;
            }
            const config::TransportHop hop = config::parse_transport_hop(**value);
            const auto program = names_.transports.find(hop.transport);
            const bool is_local = mail::is_local_transport(
                program == names_.transports.end() ? hop.transport : program->second);
            // Without a next hop of its own, the MTA asks DNS for the domain.
            if (is_local || !hop.next_hop.empty()) {
                return {.membership = mail::Membership::Yes, .list = "transport_maps"};
            }
            return {.membership = mail::Membership::No, .list = {}};
        }
    }
    return {.membership = mail::Membership::No, .list = {}};
}

ports::OwnRoute PostfixTables::route_of(const mail::Address& address) const {
    const auto table_has = [this](const mail::MtaTable& table, std::string_view key) {
        const std::optional<std::string>* const value = find(table, key);
        return value == nullptr ? std::optional<bool>() : std::optional(value->has_value());
    };
    bool unknown = false;
    for (const mail::DomainList& list : names_.lists) {
        const mail::Membership membership = list.has(address.domain(), table_has);
        if (membership == mail::Membership::Yes) {
            return {.membership = membership, .list = list.name(), .is_served = true};
        }
        unknown = unknown || membership == mail::Membership::Unknown;
    }
    ports::OwnRoute route = by_transport(address);
    // A list that could not be read may have it.
    unknown = unknown || !names_.troubles.empty();
    if (route.membership == mail::Membership::No && unknown) {
        route.membership = mail::Membership::Unknown;
    }
    return route;
}

std::vector<ports::OwnRoute> PostfixTables::ask(std::span<const mail::Address> addresses,
                                                core::SteadyPoint deadline) {
    std::vector<ports::OwnRoute> routes(addresses.size());
    const std::unique_lock lock(mutex_, deadline);
    if (!lock.owns_lock() || names_.kind == mail::MtaKind::None) {
        return routes;
    }
    std::map<mail::MtaTable, Keys> questions;
    for (const mail::Address& address : addresses) {
        for (const mail::DomainList& list : names_.lists) {
            const std::vector<std::string> keys = list.keys_of(address.domain());
            list.each_table([&](const mail::MtaTable& table) {
                questions[table].insert(keys.begin(), keys.end());
            });
        }
        const std::vector<std::string> keys = transport_keys(address);
        for (const mail::MtaTable& table : names_.transport_maps) {
            questions[table].insert(keys.begin(),
                                    has_patterns(table) ? keys.begin() + 1 : keys.end());
        }
    }
    for (const auto& [table, keys] : questions) {
        look_up(table, keys, deadline);
    }
    std::ranges::transform(
        addresses, routes.begin(), [this](const mail::Address& each) { return route_of(each); });
    return routes;
}

}  // namespace holdback::io::mta
