// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file with the keys of the seal ([seal] key): one line per key; the last one signs.
//
//     ID SECRET MADE      eight hexadecimal digits, 64 of them, seconds since 1970

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/seal.hpp"

#include <chrono>
#include <string>

namespace holdback::io::system {

/// The keys; makes the file (mode 0600) when there is none yet. The error is a text for people:
/// path, line and what is allowed. A file that can't be read is left as it is.
[[nodiscard]] core::Result<dsn::SealKeys, std::string> load_seal_keys(const std::string& path,
                                                                      core::TimePoint now);

/// The keys of an existing file, or an error.
[[nodiscard]] core::Result<dsn::SealKeys, std::string> read_seal_keys(const std::string& path);

/// Adds a key that signs from now on, and drops keys whose seals have all expired. Gives the keys
/// that the file then holds.
[[nodiscard]] core::Result<dsn::SealKeys, std::string> rotate_seal_keys(
    const std::string& path, core::TimePoint now, std::chrono::seconds lifetime);

}  // namespace holdback::io::system
