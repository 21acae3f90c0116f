// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl config`: the settings as they are read.

#include "milter/ctl/command.hpp"

#include <cstdint>

namespace holdback::milter::ctl {

enum class ConfigKeys : std::uint8_t {
    All,
    Changed,  ///< those whose values are not the defaults
};

/// The value of each key, and where it stands: a settings file with comments, or JSON.
[[nodiscard]] CommandResult config_show(const CommandContext& context, ConfigKeys keys);

}  // namespace holdback::milter::ctl
