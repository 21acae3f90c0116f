// SPDX-License-Identifier: Apache-2.0
#include "io/hash_key.hpp"

#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/file_handle.hpp"
#include "io/random.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <fcntl.h>
#include <optional>
#include <span>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace holdback::io {

namespace {

using Outcome = core::Result<core::SecretKey, std::string>;

constexpr mode_t kKeyMode = 0600;

std::string trouble(const std::string& path, int error) {
    return fmt::format("{}: {}", path, std::generic_category().message(error));
}

FileHandle open_file(const std::string& path, int flags) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return FileHandle(open(path.c_str(), flags | O_CLOEXEC, kKeyMode));
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

/// nullopt: there is no such file.
std::optional<Outcome> read_key(const std::string& path) {
    const FileHandle file = open_file(path, O_RDONLY);
    if (!file.is_open()) {
        return errno == ENOENT ? std::nullopt
                               : std::optional<Outcome>(std::unexpected(trouble(path, errno)));
    }
    // One octet more than a key has, to see where the file ends.
    std::array<std::uint8_t, sizeof(core::SecretKey) + 1> octets{};
    std::size_t length = 0;
    while (length < octets.size()) {
        const auto rest = std::span(octets).subspan(length);
        const ssize_t got = read(file.get(), rest.data(), rest.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return std::unexpected(trouble(path, errno));
        }
        if (got == 0) {
            break;
        }
        length += static_cast<std::size_t>(got);
    }
    core::SecretKey key{};
    if (length != key.size()) {
        return std::unexpected(
            fmt::format("{}: not a key: it must have {} octets", path, key.size()));
    }
    std::ranges::copy_n(octets.begin(), static_cast<std::ptrdiff_t>(key.size()), key.begin());
    return key;
}

/// Writes the file under another name. 0, or errno.
int write_new(const std::string& path, const core::SecretKey& key) {
    const FileHandle file = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.is_open()) {
        return errno;
    }
    // Root makes the file for the daemon, which runs as the owner of the directory.
    struct stat directory{};
    if (geteuid() == 0 && stat(directory_of(path).c_str(), &directory) == 0 &&
        fchown(file.get(), directory.st_uid, directory.st_gid) != 0) {
        return errno;
    }
    const ssize_t written = write(file.get(), key.data(), key.size());
    if (written != static_cast<ssize_t>(key.size())) {
        return written < 0 ? errno : ENOSPC;
    }
    return fsync(file.get()) == 0 ? 0 : errno;
}

Outcome make_key(const std::string& path) {
    core::SecretKey key{};
    fill_random(std::as_writable_bytes(std::span(key)));
    const std::string draft = fmt::format("{}.{}", path, random_hex(8));
    int error = write_new(draft, key);
    // Whoever makes the key first makes it for all: a link never takes another's place.
    if (error == 0 && link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
        error = errno;
    }
    static_cast<void>(unlink(draft.c_str()));
    if (error != 0) {
        return std::unexpected(trouble(path, error));
    }
    const FileHandle directory = open_file(directory_of(path), O_RDONLY | O_DIRECTORY);
    if (directory.is_open()) {
        static_cast<void>(fsync(directory.get()));
    }
    return read_key(path).value_or(std::unexpected(trouble(path, ENOENT)));
}

}  // namespace

Outcome load_key(const std::string& path, IfAbsent if_absent) {
    if (auto key = read_key(path)) {
        return *key;
    }
    return if_absent == IfAbsent::Make ? make_key(path)
                                       : Outcome(std::unexpected(trouble(path, ENOENT)));
}

}  // namespace holdback::io
