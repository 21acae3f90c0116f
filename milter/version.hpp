// SPDX-License-Identifier: Apache-2.0
#pragma once
// The program's version, from the build.

#include <string_view>

namespace holdback::milter {

inline constexpr std::string_view kVersion = HOLDBACK_VERSION;

}  // namespace holdback::milter
