// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this host calls itself.

#include <string>

namespace holdback::io::system {

/// The host's name, fully qualified where the host knows that: when gethostname(2) gives a bare
/// name, the canonical name that getaddrinfo(3) has for it. Never empty. Waits for the host's
/// resolver when the name is bare and stands in no file.
[[nodiscard]] std::string host_name();

}  // namespace holdback::io::system
