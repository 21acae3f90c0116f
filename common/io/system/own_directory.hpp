// SPDX-License-Identifier: Apache-2.0
#pragma once
// Directories that are made at the start, while we may be root, and given to the account that the
// program goes on as.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace holdback::io::system {

/// To whom something is given: user and group ids; nullopt changes nothing.
struct NewOwner {
    std::optional<unsigned> owner;
    std::optional<unsigned> group;
};

/// Opens a directory; one that is missing is made with this mode (its parent has to be there) and
/// given away. What is given away is the directory that was just made, whatever its name stands for
/// by then. As root, a directory whose name is a symbolic link that somebody else could have made
/// is not opened. The error is a text for people.
[[nodiscard]] core::Result<FileHandle, std::string> open_own_directory(const std::string& path,
                                                                       mode_t mode,
                                                                       const NewOwner& owner);

/// Gives away an open file or directory of ours; false with errno set.
[[nodiscard]] bool give_open_file(int descriptor, const NewOwner& owner);

/// Gives away what has this name in a directory that nobody else can write to; a symbolic link is
/// not followed. False with errno set.
[[nodiscard]] bool give_file_at(int directory, const std::string& name, const NewOwner& owner);

}  // namespace holdback::io::system
