// SPDX-License-Identifier: Apache-2.0
#include "io/mta/sender_owner_reader.hpp"

#include "config/mta_text.hpp"
#include "config/pattern_table.hpp"
#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/mta/mta_files.hpp"
#include "io/mta/mta_reader.hpp"
#include "io/system/program_output.hpp"
#include "reading/pattern_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io::mta {

namespace {

constexpr std::string_view kMaps = "smtpd_sender_login_maps";
constexpr std::string_view kDelimiter = "recipient_delimiter";

/// Types of tables that are made from a text file beside them.
constexpr std::array<std::string_view, 7> kTextTypes{
    "hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash"};

std::optional<config::PatternDialect> dialect_of(std::string_view type) {
    if (type == "regexp") {
        return config::PatternDialect::Regexp;
    }
    return type == "pcre" ? std::optional(config::PatternDialect::Pcre) : std::nullopt;
}

/// The rule of a line. It can't be asked when the pattern means nothing to RE2, or something else.
core::Result<config::PatternRule, std::string> rule_of(const config::PatternLine& line,
                                                       config::PatternDialect dialect) {
    config::PatternRule rule{
        .kind = line.kind, .negated = line.negated, .match = {}, .result = line.result};
    if (line.kind == config::PatternLine::Kind::EndIf) {
        return rule;
    }
    if (line.kind == config::PatternLine::Kind::Broken) {
        return std::unexpected(std::string("the line can't be read"));
    }
    const auto source = config::re2_source(line, dialect);
    if (!source.has_value()) {
        return std::unexpected(std::string("the pattern can't be read here as Postfix reads it"));
    }
    using Prefer = reading::GroupPattern::Prefer;
    auto pattern = reading::GroupPattern::compile(
        *source, dialect == config::PatternDialect::Regexp ? Prefer::Longest : Prefer::First);
    if (!pattern.has_value()) {
        return std::unexpected(std::move(pattern.error()));
    }
    rule.match = [pattern = *std::move(pattern)](std::string_view text) {
        return pattern.match(text);
    };
    return rule;
}

/// Reads the tables of one instance.
class OwnerReader {
public:
    OwnerReader(std::string directory, core::SteadyPoint deadline)
        : directory_(std::move(directory)), deadline_(deadline) {}

    [[nodiscard]] config::SenderOwners read() {
        const auto value = maps();
        if (!value.has_value()) {
            owners_.troubles.push_back(value.error());
            owners_.tables.emplace_back(config::UnreadTable{});
            return std::move(owners_);
        }
        for (const config::ListEntry& entry : config::parse_domain_list(*value)) {
            owners_.tables.push_back(table(entry.text));
        }
        if (owners_.tables.empty()) {
            owners_.troubles.push_back(fmt::format("{}: {} is empty", directory_, kMaps));
        }
        const auto has_keys = [](const config::OwnerTable& table) {
            return std::holds_alternative<config::KeyTable>(table);
        };
        if (std::ranges::any_of(owners_.tables, has_keys)) {
            owners_.names = read_mta_names("postfix:" + directory_, deadline_);
        }
        return std::move(owners_);
    }

private:
    /// The value of the parameter, in main.cf or, where that has none, of the services that set it.
    [[nodiscard]] core::Result<std::string, std::string> maps() {
        const auto program = system::find_program("postconf");
        if (!program.has_value()) {
            return std::unexpected(std::string("the program postconf is not here"));
        }
        const auto main = ask_postconf(
            *program, directory_, {"-x", std::string(kMaps), std::string(kDelimiter)}, deadline_);
        if (!main.has_value()) {
            return std::unexpected(main.error());
        }
        config::MtaParameters values = config::parse_postconf(*main);
        owners_.delimiters = values[std::string(kDelimiter)];
        std::set<std::string> different;
        if (std::string& value = values[std::string(kMaps)]; !value.empty()) {
            different.insert(std::move(value));
        }
        // "submission/inet/smtpd_sender_login_maps = hash:/etc/postfix/senders"
        const auto services = ask_postconf(
            *program, directory_, {"-P", "-x", fmt::format("*/*/{}", kMaps)}, deadline_);
        if (services.has_value()) {
            for (auto& [name, value] : config::parse_postconf(*services)) {
                if (!value.empty()) {
                    different.insert(std::move(value));
                }
            }
        }
        if (different.size() > 1) {
            return std::unexpected(
                fmt::format("{}: the services of master.cf have different {}", directory_, kMaps));
        }
        return different.empty() ? std::string() : *different.begin();
    }

    [[nodiscard]] config::OwnerTable table(std::string_view entry) {
        const std::string_view name = config::without_proxy(entry);
        const std::size_t colon = std::min(name.find(':'), name.size());
        const std::string_view type = name.substr(0, colon);
        const std::string path(name.substr(std::min(colon + 1, name.size())));
        const auto dialect = dialect_of(type);
        const bool is_text = std::ranges::find(kTextTypes, type) != kTextTypes.end();
        if ((!dialect.has_value() && !is_text) || !path.starts_with('/')) {
            owners_.troubles.push_back(fmt::format(
                "{}: {}: such a table can't be read here, only files of the types {}, regexp, pcre",
                kMaps,
                entry,
                fmt::join(kTextTypes, ", ")));
            return config::UnreadTable{};
        }
        const auto text = read_file(path);
        if (!text.has_value()) {
            owners_.troubles.push_back(fmt::format("{}: {}", kMaps, text.error()));
            return config::UnreadTable{};
        }
        if (dialect.has_value()) {
            return patterns(*text, path, *dialect);
        }
        return config::parse_key_table(*text);
    }

    [[nodiscard]] config::OwnerTable patterns(std::string_view text,
                                              const std::string& path,
                                              config::PatternDialect dialect) {
        constexpr std::size_t kMostPatterns = 10'000;
        constexpr std::size_t kMostSaid = 10;
        const std::vector<config::PatternLine> lines = config::parse_pattern_lines(text);
        if (lines.size() > kMostPatterns) {
            owners_.troubles.push_back(
                fmt::format("{}: {}: has more than {} lines", kMaps, path, kMostPatterns));
            return config::UnreadTable{};
        }
        std::vector<config::PatternRule> rules;
        std::size_t said = 0;
        for (const config::PatternLine& line : lines) {
            auto rule = rule_of(line, dialect);
            if (rule.has_value()) {
                rules.push_back(*std::move(rule));
                continue;
            }
            if (++said <= kMostSaid) {
                owners_.troubles.push_back(
                    fmt::format("{}: {}:{}: {}; senders that no line above "
                                "it decides are free",
                                kMaps,
                                path,
                                line.line,
                                rule.error()));
            }
            rules.push_back({.kind = line.kind, .negated = false, .match = {}, .result = {}});
        }
        return rules;
    }

    std::string directory_;
    core::SteadyPoint deadline_;
    config::SenderOwners owners_;
};

/// The directory of main.cf that a source means.
std::string directory_of(const config::PostfixLoginMaps& source,
                         const config::OutgoingSettings& settings) {
    if (!source.directory.empty()) {
        return source.directory;
    }
    const auto mta = config::parse_mta_source(settings.mta_domains);
    const auto* postfix = mta.has_value() ? std::get_if<config::PostfixMta>(&*mta) : nullptr;
    return postfix == nullptr ? std::string(kPostfixDirectory) : postfix->directory;
}

}  // namespace

config::SenderOwners read_sender_owners(const std::string& directory, core::SteadyPoint deadline) {
    return OwnerReader(directory, deadline).read();
}

std::vector<std::shared_ptr<const config::LoginSource>> read_login_maps(
    const config::OutgoingSettings& settings, core::SteadyPoint deadline) {
    std::vector<std::shared_ptr<const config::LoginSource>> sources;
    for (const std::string& name : settings.sender_logins) {
        const auto source = config::parse_login_source(name);
        const auto* postfix =
            source.has_value() ? std::get_if<config::PostfixLoginMaps>(&*source) : nullptr;
        if (postfix != nullptr) {
            sources.push_back(std::make_shared<const config::LoginSource>(config::LoginSource{
                .name = name,
                .content = read_sender_owners(directory_of(*postfix, settings), deadline)}));
        }
    }
    return sources;
}

}  // namespace holdback::io::mta
