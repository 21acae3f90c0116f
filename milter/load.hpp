// SPDX-License-Identifier: Apache-2.0
#pragma once
// Settings, codes and rules from their files, as one snapshot.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/toml_access.hpp"
#include "mail/mta_names.hpp"

#include <functional>
#include <memory>
#include <string>

namespace holdback::milter {

/// Gives what the MTA says of itself, as the settings want it read. Null: nobody needs it.
using MtaReading = std::function<mail::MtaNames(const config::OutgoingSettings& settings)>;

/// Reads everything that the settings name and checks it, rules with their examples. All errors of
/// the first file set that has any.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::FileErrors> load_snapshot(
    config::Settings settings, const MtaReading& read_mta);

/// The same from the settings file on.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::FileErrors> load_snapshot(
    const std::string& settings_path, const MtaReading& read_mta);

/// Reads it anew. A few seconds at most.
[[nodiscard]] mail::MtaNames read_mta_now(const config::OutgoingSettings& settings);

}  // namespace holdback::milter
