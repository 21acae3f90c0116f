// SPDX-License-Identifier: Apache-2.0
#pragma once
// Loads settings, codes and rules from their files, as one snapshot.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/settings/rules_file.hpp"
#include "io/settings/toml_access.hpp"
#include "mail/mta_names.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdback::milter {

using LoginSources = std::vector<std::shared_ptr<const config::LoginSource>>;

/// Reads the MTA's configuration as the settings want it. Null: nobody needs it.
struct MtaReading {
    std::function<mail::MtaNames(const config::OutgoingSettings& settings)> names;
    /// The sources of `sender_logins` that are the MTA's.
    std::function<LoginSources(const config::OutgoingSettings& settings)> logins;
};

/// Reads all files that the settings name. The error has all errors of the first set of files that
/// has any. Only `check_snapshot` finds bad patterns of shipped rules and failing examples; for the
/// latter, read the examples.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::settings::FileErrors>
load_snapshot(config::Settings settings,
              const MtaReading& read_mta,
              io::settings::ShippedRules rules = io::settings::ShippedRules::WithoutExamples);

/// The same, beginning with the settings file.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::settings::FileErrors>
load_snapshot(const std::string& settings_path,
              const MtaReading& read_mta,
              io::settings::ShippedRules rules = io::settings::ShippedRules::WithoutExamples);

/// What is wrong with the rules, the word lists and the notice texts of a snapshot.
struct Findings {
    io::settings::FileErrors errors;
    io::settings::FileErrors warnings;
};

/// Compiles every rule, tries every example, and looks for rules and lists that conflict with each
/// other. Takes a few hundred milliseconds.
[[nodiscard]] Findings check_snapshot(const flow::Snapshot& snapshot);

/// Reads the MTA's names anew. Takes a few seconds at most.
[[nodiscard]] mail::MtaNames read_mta_now(const config::OutgoingSettings& settings);
/// Reads the MTA's own sources of `sender_logins` anew. Takes a few seconds at most.
[[nodiscard]] LoginSources read_logins_now(const config::OutgoingSettings& settings);

}  // namespace holdback::milter
