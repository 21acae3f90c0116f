// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the names of the MTA from its configuration, as `[outgoing] mta_domains` says.

#include "core/clock.hpp"
#include "mail/mta_names.hpp"

#include <string_view>

namespace holdback::io::mta {

/// Runs postconf(1), or reads sendmail.cf. `mta_domains` is a value that the settings allow. There
/// is no error: `troubles` says what could not be read, and the rest is filled in.
[[nodiscard]] mail::MtaNames read_mta_names(std::string_view mta_domains,
                                            core::SteadyPoint deadline);

}  // namespace holdback::io::mta
