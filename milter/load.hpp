// SPDX-License-Identifier: Apache-2.0
#pragma once
// Settings, codes and rules from their files, as one snapshot.

#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/toml_access.hpp"

#include <memory>
#include <string>

namespace holdback::milter {

/// Reads everything that the settings file names and checks it, rules with their examples. All
/// errors of the first file set that has any.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, io::FileErrors> load_snapshot(
    const std::string& settings_path);

}  // namespace holdback::milter
