// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl config`: shows the settings as they are read.

#include "milter/ctl/command.hpp"

#include <cstdint>

namespace holdback::milter::ctl {

enum class ConfigKeys : std::uint8_t {
    All,
    Changed,  ///< keys whose values are not the defaults
};

/// Writes the value of each key and where it is set, as a settings file with comments or as JSON.
[[nodiscard]] CommandResult config_show(const CommandContext& context, ConfigKeys keys);

}  // namespace holdback::milter::ctl
