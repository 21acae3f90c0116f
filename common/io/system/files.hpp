// SPDX-License-Identifier: Apache-2.0
#pragma once
// Calls for writing files that have to last.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::io::system {

/// The directory of a file; "." for a bare name.
[[nodiscard]] std::string directory_of(const std::string& path);

/// Makes renames and new names in a directory durable. 0, or errno of a failure.
[[nodiscard]] int sync_directory(const std::string& directory);

/// Writes to a descriptor, in several pieces if it must. Gives the number of octets written; when
/// these are not all, errno tells why.
[[nodiscard]] std::size_t write_all(int descriptor, std::string_view octets);

/// "can't lock /run/x: Permission denied", with the text for errno.
[[nodiscard]] std::string with_errno(std::string_view what, std::string_view path);

}  // namespace holdback::io::system
