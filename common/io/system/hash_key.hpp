// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file of a secret key.

#include "core/digest.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>

namespace holdback::io::system {

enum class IfAbsent : std::uint8_t { Fail, Make };

/// Reads a key of 32 octets. With `Make`, an absent file is made: random octets, mode 0600,
/// durable, and as root with the owner of its directory. Two processes that make it at once get the
/// same key. The error is a text for the log with the path in front: absent, unreadable, not of 32
/// octets.
[[nodiscard]] core::Result<core::SecretKey, std::string> load_key(const std::string& path,
                                                                  IfAbsent if_absent);

}  // namespace holdback::io::system
