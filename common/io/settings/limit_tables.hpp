// SPDX-License-Identifier: Apache-2.0
#pragma once
// The `[[limit]]` tables of holdback.conf(5), and the lists that they name.

#include "config/limit.hpp"
#include "core/result.hpp"
#include "io/settings/field_forms.hpp"
#include "io/settings/toml_access.hpp"
#include "limits/limit_set.hpp"

#include <vector>

namespace holdback::io::settings {

/// Adds the key `limit`, a list of tables. The tables of several files come together, in the order
/// of the files.
void add_limits(Fields& fields);

/// Reads the lists that limits name ("file:/path"): a pattern a line, `#` begins a comment. A list
/// that can't be read is an error.
[[nodiscard]] core::Result<limits::LimitSet, FileErrors> load_limits(
    const std::vector<config::Limit>& limits);

}  // namespace holdback::io::settings
