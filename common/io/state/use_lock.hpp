// SPDX-License-Identifier: Apache-2.0
#pragma once
// That a file or directory is in use by one process at a time.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace holdback::io::state {

/// Why a lock was not got.
struct UseError {
    enum class Why : std::uint8_t {
        InUse,    ///< another process has it
        Trouble,  ///< it can't be found out
    };

    Why why;
    std::string what;  ///< for people, with the path in front
};

/// Holds a lock file while it lives. The file stays when the lock ends: whoever removed it might
/// remove one that another process has just locked.
class UseLock {
public:
    /// Makes the file when it is absent, with the owner of its directory when we are root.
    [[nodiscard]] static core::Result<UseLock, UseError> take(const std::string& path);

private:
    explicit UseLock(system::FileHandle file) : file_(std::move(file)) {}

    system::FileHandle file_;
};

}  // namespace holdback::io::state
