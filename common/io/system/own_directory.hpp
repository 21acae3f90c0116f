// SPDX-License-Identifier: Apache-2.0
#pragma once
// Directories that are made at the start, perhaps as root, and given to the account that the
// program then runs as.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace holdback::io::system {

/// The new owner of a file: user and group ids; nullopt changes nothing.
struct NewOwner {
    std::optional<unsigned> owner;
    std::optional<unsigned> group;
};

/// Opens a directory. A missing one is made with this mode (its parent must exist) and given away:
/// the directory that was just made, whatever its name stands for by then. As root, does not open a
/// directory whose name is a symbolic link that somebody else could have made. The error is a text
/// for people.
[[nodiscard]] core::Result<FileHandle, std::string> open_own_directory(const std::string& path,
                                                                       mode_t mode,
                                                                       const NewOwner& owner);

/// Gives away an open file or directory of ours; false with errno set.
[[nodiscard]] bool give_open_file(int descriptor, const NewOwner& owner);

/// Gives away the file of this name in a directory that nobody else can write to; does not follow a
/// symbolic link. False with errno set.
[[nodiscard]] bool give_file_at(int directory, const std::string& name, const NewOwner& owner);

}  // namespace holdback::io::system
