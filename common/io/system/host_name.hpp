// SPDX-License-Identifier: Apache-2.0
#pragma once
// The name of this host.

#include <string>

namespace holdback::io::system {

/// The host's name, fully qualified if the host knows it: when gethostname(2) gives a bare name,
/// the canonical name from getaddrinfo(3). Never empty. Waits for the host's resolver when the name
/// is bare and in no file.
[[nodiscard]] std::string host_name();

}  // namespace holdback::io::system
