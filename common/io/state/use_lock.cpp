// SPDX-License-Identifier: Apache-2.0
#include "io/state/use_lock.hpp"

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cerrno>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::io::state {

namespace {

constexpr mode_t kMode = 0600;

std::unexpected<UseError> error_of(const std::string& path, int error) {
    return std::unexpected(
        UseError{.why = error == EWOULDBLOCK ? UseError::Why::InUse : UseError::Why::Trouble,
                 .what = fmt::format("{}: {}", path, std::generic_category().message(error))});
}

/// Opens for reading: a file open for writing would keep its file system from being made read-only.
system::FileHandle open_lock(const std::string& path, int flags) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return system::FileHandle(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, kMode));
}

}  // namespace

core::Result<UseLock, UseError> UseLock::take(const std::string& path) {
    system::FileHandle file = open_lock(path, O_RDONLY | O_CREAT | O_EXCL);
    if (file.is_open()) {
        // Root makes it for the daemon, and does not touch one that exists already.
        const std::string directory = std::filesystem::path(path).parent_path().string();
        struct stat owner{};
        if (geteuid() == 0 && stat(directory.empty() ? "." : directory.c_str(), &owner) == 0) {
            static_cast<void>(fchown(file.get(), owner.st_uid, owner.st_gid));
        }
    } else if (errno == EEXIST) {
        file = open_lock(path, O_RDONLY);
    }
    if (!file.is_open()) {
        return error_of(path, errno);
    }
    int locked = flock(file.get(), LOCK_EX | LOCK_NB);
    if (locked != 0 && errno == EBADF) {
        // NFS locks only files that are open for writing.
        file = open_lock(path, O_RDWR);
        locked = file.is_open() ? flock(file.get(), LOCK_EX | LOCK_NB) : -1;
    }
    if (locked != 0) {
        return error_of(path, errno);
    }
    return UseLock(std::move(file));
}

}  // namespace holdback::io::state
