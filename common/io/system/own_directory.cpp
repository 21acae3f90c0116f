// SPDX-License-Identifier: Apache-2.0
#include "io/system/own_directory.hpp"

#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"

#include <cerrno>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace holdback::io::system {

namespace {

FileHandle open_directory(const std::string& path, int flags) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return FileHandle(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | flags));
}

/// True when only root can have put this symbolic link there, as for /var/run.
bool is_link_of_root(const std::string& path) {
    struct stat link{};
    struct stat parent{};
    const std::string above = std::filesystem::path(path).parent_path().string();
    return lstat(path.c_str(), &link) == 0 && link.st_uid == 0 &&
           stat(above.empty() ? "." : above.c_str(), &parent) == 0 && parent.st_uid == 0 &&
           (parent.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool give(int at, const std::string& name, const NewOwner& owner, int flags) {
    constexpr auto kNoChange = static_cast<unsigned>(-1);
    return (!owner.owner.has_value() && !owner.group.has_value()) ||
           fchownat(at,
                    name.c_str(),
                    owner.owner.value_or(kNoChange),
                    owner.group.value_or(kNoChange),
                    flags) == 0;
}

}  // namespace

bool give_open_file(int descriptor, const NewOwner& owner) {
    return give(descriptor, "", owner, AT_EMPTY_PATH);
}

bool give_file_at(int directory, const std::string& name, const NewOwner& owner) {
    return give(directory, name, owner, AT_SYMLINK_NOFOLLOW);
}

core::Result<FileHandle, std::string> open_own_directory(const std::string& path,
                                                         mode_t mode,
                                                         const NewOwner& owner) {
    const bool made = mkdir(path.c_str(), mode) == 0;
    if (!made && errno != EEXIST) {
        return std::unexpected(with_errno("can't make the directory", path));
    }
    const bool may_follow = !made && (geteuid() != 0 || is_link_of_root(path));
    FileHandle directory = open_directory(path, may_follow ? 0 : O_NOFOLLOW);
    if (!directory.is_open()) {
        return std::unexpected(
            errno == ENOTDIR || errno == ELOOP
                ? fmt::format(
                      "{} is not a directory, or is a symbolic link that root does not follow",
                      path)
                : with_errno("can't open the directory", path));
    }
    if (!made) {
        return directory;
    }
    struct stat status{};
    if (fstat(directory.get(), &status) != 0 || status.st_uid != geteuid()) {
        return std::unexpected(fmt::format("{} was replaced while it was made", path));
    }
    if (!give_open_file(directory.get(), owner)) {
        return std::unexpected(with_errno("can't change owner or group of", path));
    }
    return directory;
}

}  // namespace holdback::io::system
