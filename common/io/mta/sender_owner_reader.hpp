// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads Postfix's smtpd_sender_login_maps, for `[outgoing] sender_logins`.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::mta {

/// The maps of the instance in this directory. There is no error: `troubles` says what could not be
/// read, and nobody is refused for want of it.
[[nodiscard]] config::SenderOwners read_sender_owners(const std::string& directory,
                                                      core::SteadyPoint deadline);

/// The sources that are Postfix's, in their order.
[[nodiscard]] std::vector<std::shared_ptr<const config::LoginSource>> read_login_maps(
    const config::OutgoingSettings& settings, core::SteadyPoint deadline);

}  // namespace holdback::io::mta
