// SPDX-License-Identifier: Apache-2.0
#pragma once
// What all do who write files that have to last.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::io::system {

/// The directory that a file is in; "." for a name alone.
[[nodiscard]] std::string directory_of(const std::string& path);

/// Makes renames and new names in a directory durable; errno of a failure, else 0.
[[nodiscard]] int sync_directory(const std::string& directory);

/// Writes to a descriptor, in several pieces where it takes no more at once. The octets that were
/// written: where they are not all, errno tells why.
[[nodiscard]] std::size_t write_all(int descriptor, std::string_view octets);

/// "can't lock /run/x: Permission denied", with the words for errno.
[[nodiscard]] std::string with_errno(std::string_view what, std::string_view path);

}  // namespace holdback::io::system
