// SPDX-License-Identifier: Apache-2.0
#include "io/system/private_file.hpp"

#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"
#include "io/system/random.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <expected>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace holdback::io::system {

namespace {

constexpr mode_t kMode = 0600;
constexpr std::size_t kMostOctets = std::size_t{1024} * 1024;
constexpr std::size_t kSuffixOctets = 6;

std::string failure(const std::string& path, int error) {
    return fmt::format("{}: {}", path, std::generic_category().message(error));
}

FileHandle open_file(const std::string& path, int flags) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return FileHandle(open(path.c_str(), flags | O_CLOEXEC, kMode));
}

/// Writes a file under a temporary name, durable, with the owner of `like`. The result is its path.
core::Result<std::string, std::string> write_beside(const std::string& path,
                                                    std::string_view text,
                                                    const std::string& like) {
    std::string temporary = fmt::format("{}.{}", path, random_hex(kSuffixOctets));
    const FileHandle file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!file.is_open()) {
        return std::unexpected(failure(path, errno));
    }
    struct stat owner{};
    const bool owned = geteuid() != 0 || (stat(like.c_str(), &owner) == 0 &&
                                          fchown(file.get(), owner.st_uid, owner.st_gid) == 0);
    if (!owned || fchmod(file.get(), kMode) != 0 || write_all(file.get(), text) != text.size() ||
        fsync(file.get()) != 0) {
        const int error = errno;
        unlink(temporary.c_str());
        return std::unexpected(failure(path, error));
    }
    return temporary;
}

}  // namespace

core::Result<std::optional<std::string>, std::string> read_private_file(const std::string& path) {
    const FileHandle file = open_file(path, O_RDONLY);
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        return std::unexpected(failure(path, errno));
    }
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.size() <= kMostOctets) {
        const ssize_t got = read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return std::unexpected(failure(path, errno));
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return std::unexpected(fmt::format("{}: too large for a file of keys", path));
}

core::Result<bool, std::string> create_private_file(const std::string& path,
                                                    std::string_view text) {
    const auto temporary = write_beside(path, text, directory_of(path));
    if (!temporary.has_value()) {
        return std::unexpected(temporary.error());
    }
    // A link does not replace a file that another process has made meanwhile.
    const int linked = link(temporary->c_str(), path.c_str());
    const int error = errno;
    unlink(temporary->c_str());
    if (linked != 0) {
        if (error == EEXIST) {
            return false;
        }
        return std::unexpected(failure(path, error));
    }
    static_cast<void>(sync_directory(directory_of(path)));
    return true;
}

core::Result<void, std::string> replace_private_file(const std::string& path,
                                                     std::string_view text) {
    const auto temporary = write_beside(path, text, path);
    if (!temporary.has_value()) {
        return std::unexpected(temporary.error());
    }
    if (rename(temporary->c_str(), path.c_str()) != 0) {
        const int error = errno;
        unlink(temporary->c_str());
        return std::unexpected(failure(path, error));
    }
    static_cast<void>(sync_directory(directory_of(path)));
    return {};
}

}  // namespace holdback::io::system
