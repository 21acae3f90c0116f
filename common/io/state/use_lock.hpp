// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes sure that only one process at a time uses a file or directory.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace holdback::io::state {

/// The reason why a lock was not taken.
struct UseError {
    enum class Why : std::uint8_t {
        InUse,    ///< another process has it
        Trouble,  ///< we could not find out
    };

    Why why;
    std::string what;  ///< for people, with the path in front
};

/// Holds a lock file while it lives. The file stays when the lock ends: removing it might remove
/// one that another process has just locked.
class UseLock {
public:
    /// Makes the file when it is absent; as root, with the owner of its directory.
    [[nodiscard]] static core::Result<UseLock, UseError> take(const std::string& path);

private:
    explicit UseLock(system::FileHandle file) : file_(std::move(file)) {}

    system::FileHandle file_;
};

}  // namespace holdback::io::state
