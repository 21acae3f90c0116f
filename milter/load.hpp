// SPDX-License-Identifier: Apache-2.0
#pragma once
// Settings, codes and rules from their files, as one snapshot.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/settings/rules_file.hpp"
#include "io/settings/toml_access.hpp"
#include "mail/mta_names.hpp"

#include <functional>
#include <memory>
#include <string>

namespace holdback::milter {

/// Gives what the MTA says of itself, as the settings want it read. Null: nobody needs it.
using MtaReading = std::function<mail::MtaNames(const config::OutgoingSettings& settings)>;

/// Reads everything that the settings name. All errors of the first file set that has any. What
/// only `check_snapshot` finds is not looked for: patterns of shipped rules, examples; for it the
/// examples have to be read.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::settings::FileErrors>
load_snapshot(config::Settings settings,
              const MtaReading& read_mta,
              io::settings::Examples examples = io::settings::Examples::LeaveOut);

/// The same from the settings file on.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::settings::FileErrors>
load_snapshot(const std::string& settings_path, const MtaReading& read_mta);

/// What is wrong with the rules, the word lists and the words of notices of a snapshot.
struct Findings {
    io::settings::FileErrors errors;
    io::settings::FileErrors warnings;
};

/// Compiles every rule, tries every example, and looks for rules and lists that stand in each
/// other's way. Takes a few hundred milliseconds.
[[nodiscard]] Findings check_snapshot(const flow::Snapshot& snapshot);

/// Reads it anew. A few seconds at most.
[[nodiscard]] mail::MtaNames read_mta_now(const config::OutgoingSettings& settings);

}  // namespace holdback::milter
