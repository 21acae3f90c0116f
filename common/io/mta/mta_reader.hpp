// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads what the MTA says of itself from its configuration, as `[outgoing] mta_domains` names it.

#include "core/clock.hpp"
#include "mail/mta_names.hpp"

#include <string_view>

namespace holdback::io::mta {

/// Runs postconf(1), or reads sendmail.cf. `mta_domains` is a value that the settings allow. There
/// is no error: what could not be read stands in `troubles`, and the rest is there.
[[nodiscard]] mail::MtaNames read_mta_names(std::string_view mta_domains,
                                            core::SteadyPoint deadline);

}  // namespace holdback::io::mta
