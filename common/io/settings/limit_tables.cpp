// SPDX-License-Identifier: Apache-2.0
#include "io/settings/limit_tables.hpp"

#include "config/limit.hpp"
#include "config/rate.hpp"
#include "config/settings.hpp"
#include "config/value_text.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "core/wire_names.hpp"
#include "io/settings/field_forms.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/text_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "limits/limit_set.hpp"
#include "mail/ip_address.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

using terms::PolicyAction;

constexpr std::string_view kKey = "limit";
constexpr std::string_view kExpects = "a list of tables, each written [[limit]]";
constexpr std::string_view kFile = "file:";
constexpr std::array<std::string_view, 8> kKeys{
    "name", "key", "match", "stream", "provider", "recipients", "action", "shadow"};
constexpr std::array kActions{PolicyAction::Defer, PolicyAction::Hold, PolicyAction::Reject};
constexpr std::chrono::seconds kShortest = std::chrono::minutes(1);
constexpr std::chrono::seconds kLongest = std::chrono::days(31);
constexpr std::size_t kMostName = 60;

/// A name stands in replies and in the control tool's arguments.
bool is_limit_name(std::string_view text) {
    return !text.empty() && text.size() <= kMostName && std::ranges::all_of(text, [](char octet) {
        return core::is_ascii_alpha(octet) || core::is_ascii_digit(octet) || octet == '-' ||
               octet == '_' || octet == '.';
    });
}

std::optional<PolicyAction> parse_action(std::string_view name) {
    return core::find_wire_name(kActions, name);
}

/// Reads one table. What is wrong goes to the reader's errors.
config::Limit read_limit(TableReader& table) {
    table.allow_only(kKeys);
    config::Limit limit;
    limit.name = table.needed_text("name");
    if (!limit.name.empty() && !is_limit_name(limit.name)) {
        table.wrong(table.place_of("name"),
                    fmt::format("\"name\" has to be of letters, digits, \"-\", \"_\" and \".\", at "
                                "most {}, not {}",
                                kMostName,
                                core::log_safe(limit.name)));
    }
    if (table.need("key") != nullptr) {
        limit.key = table
                        .name<config::LimitKey>(
                            "key",
                            [](std::string_view name) {
                                return core::find_wire_name(config::kAllLimitKeys, name);
                            },
                            "sasl-user, sender, sender-domain, client, daemon, everyone")
                        .value_or(limit.key);
    }
    limit.stream = table
                       .name<config::LimitStream>(
                           "stream",
                           [](std::string_view name) {
                               return core::find_wire_name(config::kAllLimitStreams, name);
                           },
                           "any, bulk, direct")
                       .value_or(limit.stream);
    limit.action = table.name<PolicyAction>("action", parse_action, "defer, hold, reject")
                       .value_or(limit.action);
    return limit;
}

void read_match(TableReader& table, config::Limit& limit) {
    if (table.find("match") == nullptr) {
        return;
    }
    limit.match = table.text("match");
    const std::string_view path =
        std::string_view(limit.match)
            .substr(limit.match.starts_with(kFile) ? kFile.size() : limit.match.size());
    const SourcePlace place = table.place_of("match");
    if (limit.match.empty()) {
        table.wrong(place, R"("match" is empty and matches nobody; "*" matches everybody)");
    } else if (limit.match.starts_with(kFile) && !path.starts_with('/')) {
        table.wrong(place, R"("match" has to name a list by its whole path: "file:/path")");
    } else if (limit.key == config::LimitKey::Everyone && limit.match != "*") {
        table.wrong(place, R"("match" does not go with key = "everyone")");
    } else if (limit.key == config::LimitKey::Client && limit.match.contains('/') && path.empty() &&
               !mail::Network::parse(limit.match).has_value()) {
        table.wrong(place,
                    fmt::format("\"match\": {} is no network, such as 192.0.2.0/24 (all bits "
                                "behind the prefix are zero)",
                                core::log_safe(limit.match)));
    }
}

void read_provider(TableReader& table, config::Limit& limit) {
    for (const std::string& name : table.texts("provider")) {
        if (!name.empty()) {
            limit.provider.push_back(core::to_lower(name));
        }
    }
    if (limit.provider.size() > 1 &&
        std::ranges::find(limit.provider, "*") != limit.provider.end()) {
        table.wrong(table.place_of("provider"),
                    R"("provider": "*" stands alone: it means each provider for itself)");
    }
}

void read_recipients(TableReader& table, config::Limit& limit) {
    if (table.need("recipients") == nullptr) {
        return;
    }
    for (const std::string& text : table.texts("recipients")) {
        const auto rate = config::parse_rate(text);
        if (rate.has_value() && rate->window >= kShortest && rate->window <= kLongest) {
            limit.recipients.push_back(*rate);
        } else {
            table.wrong(table.place_of("recipients"),
                        fmt::format("\"recipients\" has to be a number and a time from 1m to 31d, "
                                    "such as \"75/1h\", or a list of these, not {}",
                                    core::log_safe(text)));
        }
    }
}

void read_shadow(TableReader& table, config::Limit& limit) {
    const TomlValue* const value = table.find("shadow");
    if (value == nullptr) {
        return;
    }
    if (const bool* const shadow = value->as_boolean(); shadow != nullptr) {
        limit.shadow = *shadow;
    } else {
        table.mismatch("shadow", *value, "true or false");
    }
}

void read_limits(const TomlValue& value, config::Settings& settings, FileErrors& errors) {
    const TomlArray* const tables = value.as_array();
    if (tables == nullptr) {
        errors.push_back(wrong_value({"", kKey}, kExpects, value));
        return;
    }
    for (const TomlValue& entry : *tables) {
        const TomlTable* const table = entry.as_table();
        if (table == nullptr) {
            errors.push_back(wrong_entry({"", kKey}, "a table, written [[limit]]", entry));
            continue;
        }
        TableReader reader(*table, entry.place(), errors);
        config::Limit limit = read_limit(reader);
        read_match(reader, limit);
        read_provider(reader, limit);
        read_recipients(reader, limit);
        read_shadow(reader, limit);
        settings.limits.push_back(std::move(limit));
    }
}

std::string limit_text(const config::Limit& limit) {
    std::vector<std::string> providers;
    providers.reserve(limit.provider.size());
    for (const std::string& name : limit.provider) {
        providers.push_back(toml_quoted(name));
    }
    std::vector<std::string> rates;
    rates.reserve(limit.recipients.size());
    for (const config::Rate& rate : limit.recipients) {
        rates.push_back(toml_quoted(config::rate_text(rate)));
    }
    return fmt::format(
        R"({{ name = {}, key = "{}", match = {}, stream = "{}", provider = {}, recipients = {}, )"
        R"(action = "{}", shadow = {} }})",
        toml_quoted(limit.name),
        wire_name(limit.key),
        toml_quoted(limit.match),
        wire_name(limit.stream),
        toml_list(providers),
        toml_list(rates),
        wire_name(limit.action),
        limit.shadow);
}

}  // namespace

void add_limits(Fields& fields) {
    SettingsField& field =
        fields.emplace_back(std::string(), std::string(kKey), std::string(kExpects));
    field.read = read_limits;
    field.write = [](const config::Settings& settings) {
        std::vector<std::string> texts;
        texts.reserve(settings.limits.size());
        for (const config::Limit& limit : settings.limits) {
            texts.push_back(limit_text(limit));
        }
        return toml_list(texts);
    };
}

core::Result<limits::LimitSet, FileErrors> load_limits(const std::vector<config::Limit>& limits) {
    std::map<std::string, std::vector<std::string>, std::less<>> lists;
    FileErrors errors;
    for (const config::Limit& limit : limits) {
        if (!limit.match.starts_with(kFile)) {
            continue;
        }
        const std::string path = limit.match.substr(kFile.size());
        if (lists.contains(path)) {
            continue;
        }
        const auto text = read_text_file(path);
        if (!text.has_value()) {
            errors.push_back(text.error());
            continue;
        }
        std::vector<std::string>& lines = lists[path];
        for (const ListEntry& entry : list_entries(*text)) {
            lines.emplace_back(entry.text);
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return limits::LimitSet(limits, lists);
}

}  // namespace holdback::io::settings
