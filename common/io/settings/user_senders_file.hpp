// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of our own form that `[outgoing] sender_logins` names.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/settings/toml_access.hpp"

namespace holdback::io::settings {

/// Reads the sources that are files of our own form, in their order. A file that can't be read, and
/// a line that is wrong, is an error.
[[nodiscard]] core::Result<config::SenderLogins, FileErrors> load_user_senders(
    const config::OutgoingSettings& settings);

}  // namespace holdback::io::settings
