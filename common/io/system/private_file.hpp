// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small files with secrets: mode 0600, replaced whole or not at all, durable on return.

#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::system {

/// The whole file, up to 1 MiB; nullopt when there is none. The error is a text for people with the
/// path in front.
[[nodiscard]] core::Result<std::optional<std::string>, std::string> read_private_file(
    const std::string& path);

/// Makes a file that is not there yet; false, and nothing changed, when it is. The owner is that of
/// the directory when we are root.
[[nodiscard]] core::Result<bool, std::string> create_private_file(const std::string& path,
                                                                  std::string_view text);

/// Puts a file in the place of one, which is there; owner and group stay.
[[nodiscard]] core::Result<void, std::string> replace_private_file(const std::string& path,
                                                                   std::string_view text);

}  // namespace holdback::io::system
