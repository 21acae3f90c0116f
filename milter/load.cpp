// SPDX-License-Identifier: Apache-2.0
#include "milter/load.hpp"

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/mta/mta_reader.hpp"
#include "io/mta/sender_owner_reader.hpp"
#include "io/settings/address_list_file.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/lexicon_file.hpp"
#include "io/settings/limit_tables.hpp"
#include "io/settings/notice_texts_file.hpp"
#include "io/settings/rules_file.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/user_senders_file.hpp"
#include "mail/mta_names.hpp"
#include "reading/lexicon.hpp"
#include "reading/rule_check.hpp"

#include <algorithm>
#include <chrono>
#include <expected>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::milter {

namespace {

constexpr std::chrono::seconds kPatience{5};  // with the MTA's own programs

}  // namespace

core::Result<std::shared_ptr<const flow::Snapshot>, io::settings::FileErrors> load_snapshot(
    config::Settings settings,
    const MtaReading& read_mta,
    io::settings::ShippedRules shipped_rules) {
    auto codes = io::settings::load_codes(settings.codes.file, settings.codes.local_file);
    if (!codes.has_value()) {
        return std::unexpected(std::move(codes.error()));
    }
    auto rules = io::settings::load_rules(
        settings.codes.rules, settings.codes.local_rules, *codes, shipped_rules);
    if (!rules.has_value()) {
        return std::unexpected(std::move(rules.error()));
    }
    auto lexicon =
        io::settings::load_lexicon(settings.codes.lexicon, settings.codes.local_lexicon, *codes);
    if (!lexicon.has_value()) {
        return std::unexpected(std::move(lexicon.error()));
    }
    auto lists = io::settings::load_address_lists(settings.policy);
    if (!lists.has_value()) {
        return std::unexpected(std::move(lists.error()));
    }
    auto limits = io::settings::load_limits(settings.limits);
    if (!limits.has_value()) {
        return std::unexpected(std::move(limits.error()));
    }
    auto notices = io::settings::load_notice_texts(settings.notice);
    if (!notices.has_value()) {
        return std::unexpected(std::move(notices.error()));
    }
    auto logins = io::settings::load_user_senders(settings.outgoing);
    if (!logins.has_value()) {
        return std::unexpected(std::move(logins.error()));
    }
    if (read_mta.names) {
        settings.mta = read_mta.names(settings.outgoing);
    }
    if (read_mta.logins) {
        for (std::shared_ptr<const config::LoginSource>& source :
             read_mta.logins(settings.outgoing)) {
            logins->add(std::move(source));
        }
    }
    return std::make_shared<const flow::Snapshot>(
        flow::Snapshot{.settings = std::move(settings),
                       .codes = *std::move(codes),
                       .knowledge = {.rules = *std::move(rules), .lexicon = *std::move(lexicon)},
                       .lists = *std::move(lists),
                       .limits = *std::move(limits),
                       .notices = *std::move(notices),
                       .logins = *std::move(logins)});
}

core::Result<std::shared_ptr<const flow::Snapshot>, io::settings::FileErrors> load_snapshot(
    const std::string& settings_path,
    const MtaReading& read_mta,
    io::settings::ShippedRules rules) {
    auto settings = io::settings::load_settings(settings_path);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    return load_snapshot(*std::move(settings), read_mta, rules);
}

Findings check_snapshot(const flow::Snapshot& snapshot) {
    const auto as_file_errors = [](const auto& found) {
        io::settings::FileErrors errors;
        for (const auto& one : found) {
            errors.push_back({{one.file, one.line}, one.message});
        }
        return errors;
    };
    const reading::RuleFindings rules = reading::check_rules(snapshot.knowledge.rules);
    Findings findings{.errors = as_file_errors(rules.errors),
                      .warnings = as_file_errors(rules.warnings)};
    const reading::Lexicon& lexicon = snapshot.knowledge.lexicon;
    std::ranges::move(as_file_errors(lexicon.errors()), std::back_inserter(findings.errors));
    std::ranges::move(as_file_errors(lexicon.doubts()), std::back_inserter(findings.warnings));
    for (const auto& [language, texts] : snapshot.notices) {
        if (const auto missing = texts.missing(); !missing.empty()) {
            findings.warnings.push_back(
                {{.file = snapshot.settings.notice.local_texts, .line = 0},
                 fmt::format("the English text stands in where [texts] of \"{}\" has none: {}",
                             language,
                             fmt::join(missing, ", "))});
        }
    }
    return findings;
}

mail::MtaNames read_mta_now(const config::OutgoingSettings& settings) {
    return io::mta::read_mta_names(settings.mta_domains,
                                   core::SystemClock().steady_now() + kPatience);
}

LoginSources read_logins_now(const config::OutgoingSettings& settings) {
    return io::mta::read_login_maps(settings, core::SystemClock().steady_now() + kPatience);
}

}  // namespace holdback::milter
