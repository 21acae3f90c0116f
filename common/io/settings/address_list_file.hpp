// SPDX-License-Identifier: Apache-2.0
#pragma once
// The administrator's lists of role addresses and of domains of throw-away addresses.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/settings/toml_access.hpp"
#include "outbound/address_lists.hpp"

#include <string_view>

namespace holdback::io::settings {

/// Reads local parts from a text, one a line; `#` begins a comment. `name` stands for the file in
/// messages. A line that is no local part is an error.
[[nodiscard]] core::Result<outbound::TextSet, FileErrors> read_role_list(std::string_view text,
                                                                         std::string_view name);
/// The same for domains.
[[nodiscard]] core::Result<outbound::TextSet, FileErrors> read_domain_list(std::string_view text,
                                                                           std::string_view name);

/// Reads the files that the settings name; one that can't be read is an error.
[[nodiscard]] core::Result<outbound::AddressLists, FileErrors> load_address_lists(
    const config::PolicySettings& settings);

}  // namespace holdback::io::settings
