// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/listener.hpp"

#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"
#include "io/system/own_directory.hpp"
#include "io/system/random.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr int kBacklog = 128;
constexpr std::size_t kSuffixOctets = 6;

/// A path as an open directory and a name in it. All work is done in that directory, whatever the
/// path leads to later and whoever owns the directory.
struct Place {
    io::system::FileHandle directory;
    std::string name;
    const ListenerOptions& options;

    [[nodiscard]] io::system::NewOwner owner() const {
        return {.owner = options.owner, .group = options.group};
    }
};

core::Result<Place, std::string> find_place(const ListenerOptions& options) {
    constexpr mode_t kDirectoryMode = 0750;
    constexpr std::size_t kMostOctets = sizeof(sockaddr_un::sun_path) - 1;
    if (options.path.size() > kMostOctets) {
        return std::unexpected(
            fmt::format("the socket path {} is longer than {} octets", options.path, kMostOctets));
    }
    const std::filesystem::path path(options.path);
    const std::string above = path.parent_path().string();
    auto directory =
        io::system::open_own_directory(above.empty() ? "." : above,
                                       kDirectoryMode,
                                       {.owner = options.owner, .group = options.group});
    if (!directory.has_value()) {
        return std::unexpected(std::move(directory.error()));
    }
    return Place{
        .directory = *std::move(directory), .name = path.filename().string(), .options = options};
}

// --------------------------------------------------------------------------------------- the lock

io::system::FileHandle open_lock(const Place& place, const std::string& name, int flags) {
    constexpr mode_t kLockMode = 0600;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX
    return io::system::FileHandle(openat(
        place.directory.get(), name.c_str(), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kLockMode));
}

/// True when somebody listens on the socket.
bool is_answered(const ListenerOptions& options) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.path.copy(static_cast<char*>(address.sun_path), options.path.size());
    const io::system::FileHandle caller(
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX socket addresses
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    // EAGAIN: its queue is full. EACCES: we may not know, so the answer is yes.
    return connect(caller.get(), to, sizeof address) == 0 ||
           (errno != ECONNREFUSED && errno != ENOENT);
}

/// True when the open file still has its name.
bool is_still_there(const Place& place, const std::string& name, int lock) {
    struct stat opened{};
    struct stat named{};
    return fstat(lock, &opened) == 0 &&
           fstatat(place.directory.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// True when the account that we switch to could not open the lock file the next time.
bool is_of_another(const Place& place, int lock) {
    struct stat status{};
    return place.options.owner.has_value() && fstat(lock, &status) == 0 &&
           status.st_uid != *place.options.owner;
}

/// A lock file, and whether it was made just now.
struct OpenedLock {
    io::system::FileHandle file;
    bool made = false;
};

OpenedLock open_or_make_lock(const Place& place, const std::string& name) {
    OpenedLock lock{.file = open_lock(place, name, O_CREAT | O_EXCL)};
    lock.made = lock.file.is_open();
    if (!lock.made) {
        lock.file = open_lock(place, name, 0);
    }
    return lock;
}

/// Called after a lock file could not be opened, with the error: true when its name is free now.
bool is_free_now(const Place& place, const std::string& name, int error) {
    return error == ENOENT || (error == EACCES && !is_answered(place.options) &&
                               unlinkat(place.directory.get(), name.c_str(), 0) == 0);
}

/// The locked lock file; it stays open as long as the listener. A start as root may have left one
/// that the account cannot open: it is removed when nobody listens.
core::Result<io::system::FileHandle, std::string> lock_place(const Place& place) {
    const std::string name = place.name + ".lock";
    const std::string path = place.options.path + ".lock";
    constexpr int kMostTries = 5;
    for (int tries = 0; tries < kMostTries; ++tries) {
        auto [lock, made] = open_or_make_lock(place, name);
        if (!lock.is_open()) {
            const int error = errno;
            if (is_free_now(place, name, error)) {
                continue;
            }
            errno = error;
            return std::unexpected(io::system::with_errno("can't open the lock file", path));
        }
        if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
            return std::unexpected(errno == EWOULDBLOCK
                                       ? fmt::format("another process listens on {} (it holds {})",
                                                     place.options.path,
                                                     path)
                                       : io::system::with_errno("can't lock", path));
        }
        if (!is_still_there(place, name, lock.get())) {
            continue;
        }
        // Give away only a file that was made here: another one may be a link to anything.
        if (made &&
            !io::system::give_open_file(lock.get(), {.owner = place.options.owner, .group = {}})) {
            return std::unexpected(io::system::with_errno("can't change the owner of", path));
        }
        if (!made && is_of_another(place, lock.get())) {
            unlinkat(place.directory.get(), name.c_str(), 0);
            continue;
        }
        return std::move(lock);
    }
    return std::unexpected(
        fmt::format("can't keep the lock file {}: it is removed again and again", path));
}

// ------------------------------------------------------------------------------------- the socket

/// Makes a socket that listens under a name in the working directory.
core::Result<io::system::FileHandle, std::string> listen_as(const std::string& name,
                                                            const std::string& path) {
    io::system::FileHandle descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!descriptor.is_open()) {
        return std::unexpected(io::system::with_errno("can't make a socket for", path));
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(static_cast<char*>(address.sun_path), name.size());
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX socket addresses
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    if (bind(descriptor.get(), to, sizeof address) != 0) {
        return std::unexpected(io::system::with_errno("can't bind", path));
    }
    if (listen(descriptor.get(), kBacklog) != 0) {
        return std::unexpected(io::system::with_errno("can't listen on", path));
    }
    return descriptor;
}

/// The same in another directory: bind(2) cannot name one by its descriptor.
core::Result<io::system::FileHandle, std::string> listen_in(const io::system::FileHandle& directory,
                                                            const std::string& name,
                                                            const std::string& path) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const io::system::FileHandle before(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!before.is_open() || fchdir(directory.get()) != 0) {
        return std::unexpected(io::system::with_errno("can't enter the directory of", path));
    }
    auto descriptor = listen_as(name, path);
    if (fchdir(before.get()) != 0) {
        return std::unexpected(
            io::system::with_errno("can't go back to the working directory from", path));
    }
    return descriptor;
}

/// A directory that nobody else can enter, made in the socket's directory and removed at the end.
class Workshop {
public:
    explicit Workshop(const Place& place)
        : place_(place), name_(fmt::format(".{}", io::system::random_hex(kSuffixOctets))) {}
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    Workshop(Workshop&&) = delete;
    Workshop& operator=(Workshop&&) = delete;
    ~Workshop() {
        if (directory_.is_open()) {
            unlinkat(directory_.get(), place_.name.c_str(), 0);
        }
        unlinkat(place_.directory.get(), name_.c_str(), AT_REMOVEDIR);
    }

    /// Makes it. The owner of the outer directory may replace it, but not with a directory that is
    /// ours.
    [[nodiscard]] bool open() {
        constexpr mode_t kOursAlone = 0700;
        constexpr mode_t kOthers = 0077;
        if (mkdirat(place_.directory.get(), name_.c_str(), kOursAlone) != 0) {
            return false;
        }
        constexpr int kFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
        io::system::FileHandle opened(openat(place_.directory.get(), name_.c_str(), kFlags));
        struct stat status{};
        if (!opened.is_open() || fstat(opened.get(), &status) != 0) {
            return false;
        }
        if (status.st_uid != geteuid() || (status.st_mode & kOthers) != 0) {
            errno = EPERM;
            return false;
        }
        directory_ = std::move(opened);
        return true;
    }

    [[nodiscard]] const io::system::FileHandle& directory() const { return directory_; }

private:
    const Place& place_;
    std::string name_;
    io::system::FileHandle directory_;
};

struct Sockets {
    io::system::FileHandle quiet;
    io::system::FileHandle descriptor;
};

/// The socket gets its owner and mode where nobody can replace it, and then its name. So it is
/// never seen half made, and a stale socket is replaced in one step.
core::Result<Sockets, std::string> open_sockets(const Place& place) {
    const std::string& path = place.options.path;
    struct stat status{};
    if (fstatat(place.directory.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISSOCK(status.st_mode)) {
        return std::unexpected(fmt::format("{} exists and is not a socket", path));
    }
    Workshop workshop(place);
    if (!workshop.open()) {
        return std::unexpected(io::system::with_errno("can't make a directory beside", path));
    }
    const int inside = workshop.directory().get();
    const char* const name = place.name.c_str();
    auto quiet = listen_in(workshop.directory(), place.name, path);
    if (!quiet.has_value()) {
        return std::unexpected(std::move(quiet.error()));
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so
    if (unlinkat(inside, name, 0) != 0 || fcntl(quiet->get(), F_SETFL, O_NONBLOCK) != 0) {
        return std::unexpected(
            io::system::with_errno("can't prepare a second socket beside", path));
    }
    auto descriptor = listen_in(workshop.directory(), place.name, path);
    if (!descriptor.has_value()) {
        return std::unexpected(std::move(descriptor.error()));
    }
    if (!io::system::give_file_at(inside, place.name, place.owner())) {
        return std::unexpected(io::system::with_errno("can't change owner or group of", path));
    }
    if (fchmodat(inside, name, place.options.mode, 0) != 0) {
        return std::unexpected(io::system::with_errno("can't set the mode of", path));
    }
    // NOLINTNEXTLINE(misc-include-cleaner): <cstdio> declares it, by POSIX
    if (renameat(inside, name, place.directory.get(), name) != 0) {
        return std::unexpected(io::system::with_errno("can't put the socket to", path));
    }
    return Sockets{.quiet = *std::move(quiet), .descriptor = *std::move(descriptor)};
}

}  // namespace

core::Result<Listener, std::string> Listener::open(const ListenerOptions& options) {
    const auto place = find_place(options);
    if (!place.has_value()) {
        return std::unexpected(place.error());
    }
    auto lock = lock_place(*place);
    if (!lock.has_value()) {
        return std::unexpected(std::move(lock.error()));
    }
    auto sockets = open_sockets(*place);
    if (!sockets.has_value()) {
        return std::unexpected(std::move(sockets.error()));
    }
    return Listener(
        options.path, *std::move(lock), std::move(sockets->quiet), std::move(sockets->descriptor));
}

Listener::Listener(Listener&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::move(other.lock_)),
      quiet_(std::move(other.quiet_)),
      descriptor_(std::move(other.descriptor_)) {}

Listener::~Listener() {
    remove_path();
}

void Listener::remove_path() {
    if (!path_.empty()) {
        unlink(path_.c_str());
        path_.clear();
    }
}

}  // namespace holdback::milter::daemon
