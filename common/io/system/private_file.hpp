// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small files with secrets: mode 0600, replaced whole or not at all, durable on return.

#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::system {

/// The whole file, up to 1 MiB; nullopt when it does not exist. The error is a text for people with
/// the path in front.
[[nodiscard]] core::Result<std::optional<std::string>, std::string> read_private_file(
    const std::string& path);

/// Makes a new file; false, and nothing changed, when it exists already. As root, gives it the
/// owner of its directory.
[[nodiscard]] core::Result<bool, std::string> create_private_file(const std::string& path,
                                                                  std::string_view text);

/// Replaces an existing file; owner and group stay.
[[nodiscard]] core::Result<void, std::string> replace_private_file(const std::string& path,
                                                                   std::string_view text);

}  // namespace holdback::io::system
