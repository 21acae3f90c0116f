// SPDX-License-Identifier: Apache-2.0
#include "io/state/dir_spool.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/handle.hpp"
#include "core/result.hpp"
#include "io/state/spool_file.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"
#include "io/system/random.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"
#include "terms/held_label.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <dirent.h>
#include <expected>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::state {

namespace {

using ports::SpoolError;

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr unsigned kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr std::string_view kTemporary = ".part";
constexpr std::string_view kLostAndFound = "lost+found";
constexpr std::size_t kRandomOctets = 8;
constexpr std::array kMessageFiles{kLabelledFile, kPlainFile};

using Directory = core::Handle<DIR, &closedir>;

std::unexpected<SpoolError> error_of(std::string_view path, std::string_view call, int error) {
    return std::unexpected(spool_error(path, call, error));
}

std::string path_of(std::string_view directory, std::string_view id, std::string_view suffix) {
    return fmt::format("{}/{}{}", directory, id, suffix);
}

/// The names in a directory; the error is errno.
core::Result<std::vector<std::string>, int> names_in(const std::string& path) {
    const Directory directory(opendir(path.c_str()));
    if (directory == nullptr) {
        return std::unexpected(errno);
    }
    std::vector<std::string> names;
    errno = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone, glibc's readdir is safe then
    while (const dirent* entry = readdir(directory.get())) {
        names.emplace_back(static_cast<const char*>(entry->d_name));
        errno = 0;
    }
    if (errno != 0) {
        return std::unexpected(errno);
    }
    return names;
}

/// Collects small pieces and writes them as large ones.
class FileWriter final : public ports::SpoolWriter {
public:
    FileWriter(std::string directory, std::string id, system::FileHandle file)
        : directory_(std::move(directory)),
          id_(std::move(id)),
          temporary_(path_of(directory_, id_, kTemporary)),
          file_(std::move(file)) {}
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;
    FileWriter(FileWriter&&) = delete;
    FileWriter& operator=(FileWriter&&) = delete;

    ~FileWriter() override {
        if (file_.is_open()) {
            unlink(temporary_.c_str());
        }
    }

    core::Result<void, SpoolError> append(std::string_view octets) override {
        if (!file_.is_open()) {
            return closed();
        }
        octets_ += octets.size();
        digest_.update(octets);
        return put(octets);
    }

    core::Result<terms::HeldMessage, SpoolError> commit(
        terms::HeldMessage message, std::span<const terms::HeldRecipient> recipients) override {
        if (!file_.is_open()) {
            return std::unexpected(closed().error());
        }
        message.spool_id = id_;
        message.octets = octets_;
        message.digest = digest_.finish_hex();
        if (const auto put_behind = put(terms::encode_label(message, recipients));
            !put_behind.has_value()) {
            return std::unexpected(put_behind.error());
        }
        if (const auto durable = make_durable(); !durable.has_value()) {
            return std::unexpected(durable.error());
        }
        return message;
    }

private:
    core::Result<void, SpoolError> put(std::string_view octets) {
        if (pending_.size() + octets.size() < kPiece) {
            pending_ += octets;
            return {};
        }
        if (auto written = flush(); !written.has_value()) {
            return written;
        }
        if (octets.size() < kPiece) {
            pending_ = octets;
            return {};
        }
        return write_out(octets);
    }

    core::Result<void, SpoolError> make_durable() {
        if (auto written = flush(); !written.has_value()) {
            return written;
        }
        if (fsync(file_.get()) != 0) {
            return abandon("fsync", errno);
        }
        const std::string committed = path_of(directory_, id_, kLabelledFile);
        if (rename(temporary_.c_str(), committed.c_str()) != 0) {
            return abandon("rename", errno);
        }
        file_.close();
        if (const int error = system::sync_directory(directory_); error != 0) {
            // Its id was given to nobody, so no row names it.
            unlink(committed.c_str());
            return error_of(directory_, "fsync", error);
        }
        return {};
    }

    [[nodiscard]] std::unexpected<SpoolError> closed() const {
        return std::unexpected(SpoolError{fmt::format("{}: not being written", temporary_)});
    }

    /// Gives up: nothing is left behind, and no later call does anything.
    std::unexpected<SpoolError> abandon(std::string_view call, int error) {
        unlink(temporary_.c_str());
        file_.close();
        return error_of(temporary_, call, error);
    }

    core::Result<void, SpoolError> flush() {
        const std::string pending = std::exchange(pending_, {});
        return write_out(pending);
    }

    core::Result<void, SpoolError> write_out(std::string_view octets) {
        while (!octets.empty()) {
            const ssize_t written = write(file_.get(), octets.data(), octets.size());
            if (written >= 0) {
                octets.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno != EINTR) {
                return abandon("write", errno);
            }
        }
        return {};
    }

    std::string directory_;
    std::string id_;
    std::string temporary_;
    system::FileHandle file_;
    std::string pending_;
    std::uint64_t octets_ = 0;
    core::RunningDigest digest_;
};

/// The path of a committed message in either format; without one, the path in our own format.
std::string find_message(std::string_view directory, std::string_view id) {
    for (const std::string_view suffix : kMessageFiles) {
        std::string path = path_of(directory, id, suffix);
        if (struct stat status{}; lstat(path.c_str(), &status) == 0) {
            return path;
        }
    }
    return path_of(directory, id, kLabelledFile);
}

std::unexpected<SpoolError> no_id() {
    return std::unexpected(SpoolError{"not a spool id"});
}

/// True when both are names of one file.
bool are_same_file(const char* left, const char* right) {
    struct stat one{};
    struct stat other{};
    return lstat(left, &one) == 0 && lstat(right, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/// Renames, but never replaces another file. 0 or errno.
int move_to_free_place(const char* from, const char* to) {
    // NOLINTNEXTLINE(misc-include-cleaner): <cstdio> declares it, and its flags
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    // Some file systems, such as NFS, can't rename with this flag. A crash between the two steps of
    // the other way leaves both names.
    const bool knows_rule = errno != EINVAL && errno != ENOSYS;
    if (knows_rule || link(from, to) != 0) {
        const int error = errno;
        if (error != EEXIST || !are_same_file(from, to)) {
            return error;
        }
    }
    return unlink(from) == 0 ? 0 : errno;
}

}  // namespace

DirSpool::DirSpool(std::string directory,
                   const core::Clock& clock,
                   std::chrono::seconds leftover_age)
    : directory_(std::move(directory)), clock_(clock) {
    const auto fail = [this](int error) {
        throw std::system_error(error, std::generic_category(), "spool directory " + directory_);
    };
    if (mkdir(directory_.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
        fail(errno);
    }
    if (const int error = system::sync_directory(directory_); error != 0) {
        fail(error);
    }
    if (access(directory_.c_str(), R_OK | W_OK | X_OK) != 0) {
        fail(errno);
    }
    remove_leftovers(leftover_age);
}

void DirSpool::remove_leftovers(std::chrono::seconds leftover_age) const {
    const auto oldest = std::chrono::floor<std::chrono::seconds>(clock_.now()) - leftover_age;
    // Users of a directory find out that it cannot be listed; leftovers do no harm.
    const auto names = names_in(directory_);
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
        const auto id = spool_id_in(name, kTemporary);
        if (!id.has_value()) {
            continue;
        }
        const std::string path = path_of(directory_, *id, kTemporary);
        struct stat status{};
        if (lstat(path.c_str(), &status) == 0 &&
            std::chrono::seconds(status.st_mtim.tv_sec) < oldest.time_since_epoch()) {
            unlink(path.c_str());
        }
    }
}

core::Result<std::unique_ptr<ports::SpoolWriter>, SpoolError> DirSpool::begin() {
    const auto time = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
    std::string id;
    try {
        id = fmt::format("{:012x}-{}", time & 0xFFFF'FFFF'FFFFU, system::random_hex(kRandomOctets));
    } catch (const std::system_error& error) {
        return std::unexpected(SpoolError{error.what()});
    }
    const std::string path = path_of(directory_, id, kTemporary);
    system::FileHandle file = open_in_spool(path, O_WRONLY | O_CREAT | O_EXCL, kFileMode);
    if (!file.is_open()) {
        return error_of(path, "open", errno);
    }
    return std::make_unique<FileWriter>(directory_, std::move(id), std::move(file));
}

core::Result<void, SpoolError> DirSpool::read(
    const terms::HeldMessage& message, const std::function<bool(std::string_view)>& take) const {
    if (!is_spool_id(message.spool_id)) {
        return no_id();
    }
    const std::string path = find_message(directory_, message.spool_id);
    const auto file = SpoolFile::open(path);
    if (!file.has_value()) {
        return error_of(path, "open", file.error());
    }
    const auto read = file->read(message.octets, take);
    if (!read.has_value()) {
        return std::unexpected(read.error());
    }
    const bool is_whole = read->octets == message.octets &&
                          (message.digest.empty() || read->digest == message.digest);
    if (!read->stopped && !is_whole) {
        return std::unexpected(SpoolError{fmt::format("{}: not what was held", path)});
    }
    return {};
}

core::Result<ports::CopyCheck, SpoolError> DirSpool::check(
    const terms::HeldMessage& message) const {
    if (!is_spool_id(message.spool_id)) {
        return no_id();
    }
    const std::string path = find_message(directory_, message.spool_id);
    const auto file = SpoolFile::open(path);
    if (file.has_value()) {
        return file->check(message.octets, message.digest);
    }
    // A directory that is missing or unreadable says nothing about the file.
    if (file.error() == ENOENT && access(directory_.c_str(), R_OK | X_OK) == 0) {
        return ports::CopyCheck{.damage = "the copy in the spool is gone", .digest = {}};
    }
    return error_of(path, "open", file.error());
}

core::Result<std::string, SpoolError> DirSpool::set_aside(std::string_view spool_id) {
    if (!is_spool_id(spool_id)) {
        return no_id();
    }
    const std::string aside = lost_and_found();
    if (mkdir(aside.c_str(), kDirectoryMode) == 0) {
        // Root makes it for the daemon.
        struct stat owner{};
        if (geteuid() == 0 && stat(directory_.c_str(), &owner) == 0) {
            static_cast<void>(lchown(aside.c_str(), owner.st_uid, owner.st_gid));
        }
    } else if (errno != EEXIST) {
        return error_of(aside, "mkdir", errno);
    }
    return move_durably(find_message(directory_, spool_id), aside);
}

core::Result<std::string, SpoolError> DirSpool::move_durably(const std::string& path,
                                                             const std::string& to) {
    const std::size_t slash = path.rfind('/');
    std::string place = fmt::format("{}/{}", to, path.substr(slash + 1));
    if (const int error = move_to_free_place(path.c_str(), place.c_str()); error != 0) {
        return error_of(path, "rename", error);
    }
    for (const std::string& directory : {to, path.substr(0, slash)}) {
        if (const int error = system::sync_directory(directory); error != 0) {
            return error_of(directory, "fsync", error);
        }
    }
    return place;
}

core::Result<std::vector<DirSpool::Found>, SpoolError> DirSpool::all() const {
    std::vector<Found> files;
    for (const Place place : {Place::Spool, Place::LostAndFound}) {
        const std::string directory = place == Place::Spool ? directory_ : lost_and_found();
        if (place == Place::LostAndFound && access(directory.c_str(), F_OK) != 0) {
            break;
        }
        auto ids = ids_in(directory);
        if (!ids.has_value()) {
            return std::unexpected(std::move(ids.error()));
        }
        for (std::string& id : *ids) {
            std::string path = find_message(directory, id);
            files.push_back({.id = std::move(id), .place = place, .path = std::move(path)});
        }
    }
    return files;
}

core::Result<void, SpoolError> DirSpool::take_back(const Found& file) {
    if (file.place == Place::Spool) {
        return {};
    }
    const auto moved = move_durably(file.path, directory_);
    return moved.has_value() ? core::Result<void, SpoolError>() : std::unexpected(moved.error());
}

core::Result<void, SpoolError> DirSpool::remove(std::string_view spool_id) {
    if (!is_spool_id(spool_id)) {
        return no_id();
    }
    const std::string path = find_message(directory_, spool_id);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        return error_of(path, "unlink", errno);
    }
    return {};
}

core::Result<std::vector<std::string>, SpoolError> DirSpool::ids() const {
    return ids_in(directory_);
}

core::Result<std::uint64_t, SpoolError> DirSpool::free_octets() const {
    struct statvfs disk{};
    if (statvfs(directory_.c_str(), &disk) != 0) {
        return error_of(directory_, "statvfs", errno);
    }
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

std::string DirSpool::lost_and_found() const {
    return fmt::format("{}/{}", directory_, kLostAndFound);
}

core::Result<std::vector<std::string>, SpoolError> DirSpool::ids_in(const std::string& directory) {
    const auto names = names_in(directory);
    if (!names.has_value()) {
        return error_of(directory, "open", names.error());
    }
    std::vector<std::string> ids;
    for (const std::string& name : *names) {
        for (const std::string_view suffix : kMessageFiles) {
            if (auto id = spool_id_in(name, suffix)) {
                ids.push_back(std::move(*id));
            }
        }
    }
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    return ids;
}

}  // namespace holdback::io::state
