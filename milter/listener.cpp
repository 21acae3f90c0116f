// SPDX-License-Identifier: Apache-2.0
#include "milter/listener.hpp"

#include "core/result.hpp"

#include <cerrno>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

constexpr int kBacklog = 128;

std::string with_errno(std::string_view what, std::string_view path) {
    return fmt::format("{} {}: {}", what, path, std::generic_category().message(errno));
}

constexpr unsigned kNoChange = static_cast<unsigned>(-1);

core::Result<void, std::string> give_to(const std::string& path, const ListenerOptions& options) {
    if (!options.owner.has_value() && !options.group.has_value()) {
        return {};
    }
    if (chown(path.c_str(), options.owner.value_or(kNoChange), options.group.value_or(kNoChange)) !=
        0) {
        return std::unexpected(with_errno("can't change owner or group of", path));
    }
    return {};
}

core::Result<void, std::string> make_directory(const ListenerOptions& options) {
    constexpr mode_t kDirectoryMode = 0750;
    const std::string directory = std::filesystem::path(options.path).parent_path().string();
    if (directory.empty() || access(directory.c_str(), F_OK) == 0) {
        return {};
    }
    if (mkdir(directory.c_str(), kDirectoryMode) != 0) {
        return std::unexpected(with_errno("can't make the directory", directory));
    }
    return give_to(directory, options);
}

/// The descriptor of the lock file, locked; it stays open as long as the listener.
core::Result<int, std::string> lock_path(const std::string& path) {
    const std::string lock_path = path + ".lock";
    constexpr mode_t kLockMode = 0600;
    constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX
    const int lock = ::open(lock_path.c_str(), kFlags, kLockMode);
    if (lock < 0) {
        return std::unexpected(with_errno("can't open the lock file", lock_path));
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const bool held = errno == EWOULDBLOCK;
        const std::string text = with_errno("can't lock", lock_path);
        close(lock);
        return std::unexpected(
            held ? fmt::format("another process listens on {} (it holds {})", path, lock_path)
                 : text);
    }
    return lock;
}

core::Result<int, std::string> bind_path(const ListenerOptions& options) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (options.path.size() >= sizeof(address.sun_path)) {
        return std::unexpected(fmt::format("the socket path {} is longer than {} octets",
                                           options.path,
                                           sizeof(address.sun_path) - 1));
    }
    options.path.copy(static_cast<char*>(address.sun_path), options.path.size());
    struct stat status{};
    if (lstat(options.path.c_str(), &status) == 0) {
        if (!S_ISSOCK(status.st_mode)) {
            return std::unexpected(fmt::format("{} exists and is no socket", options.path));
        }
        if (unlink(options.path.c_str()) != 0) {
            return std::unexpected(with_errno("can't remove the stale socket", options.path));
        }
    }
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return std::unexpected(with_errno("can't make a socket for", options.path));
    }
    // Nobody may connect before mode and group are as they should be.
    constexpr mode_t kNobody = 0777;
    const mode_t before = umask(kNobody);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX socket addresses
    const int bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    umask(before);
    if (bound != 0) {
        std::string text = with_errno("can't bind", options.path);
        close(descriptor);
        return std::unexpected(std::move(text));
    }
    return descriptor;
}

}  // namespace

core::Result<Listener, std::string> Listener::open(const ListenerOptions& options) {
    if (auto made = make_directory(options); !made.has_value()) {
        return std::unexpected(std::move(made.error()));
    }
    auto lock = lock_path(options.path);
    if (!lock.has_value()) {
        return std::unexpected(std::move(lock.error()));
    }
    auto descriptor = bind_path(options);
    if (!descriptor.has_value()) {
        close(*lock);
        return std::unexpected(std::move(descriptor.error()));
    }
    Listener listener(options.path, *lock, *descriptor);
    if (auto given = give_to(options.path, options); !given.has_value()) {
        return std::unexpected(std::move(given.error()));
    }
    if (chmod(options.path.c_str(), options.mode) != 0) {
        return std::unexpected(with_errno("can't set the mode of", options.path));
    }
    if (listen(listener.descriptor_, kBacklog) != 0) {
        return std::unexpected(with_errno("can't listen on", options.path));
    }
    return listener;
}

Listener::Listener(Listener&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::exchange(other.lock_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

Listener::~Listener() {
    remove_path();
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
    if (lock_ >= 0) {
        close(lock_);
    }
}

void Listener::remove_path() {
    if (!path_.empty()) {
        unlink(path_.c_str());
        path_.clear();
    }
}

}  // namespace holdback::milter
