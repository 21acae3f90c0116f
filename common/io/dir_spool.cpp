// SPDX-License-Identifier: Apache-2.0
#include "io/dir_spool.hpp"

#include "core/clock.hpp"
#include "core/handle.hpp"
#include "core/result.hpp"
#include "io/file_handle.hpp"
#include "io/random.hpp"
#include "ports/spool.hpp"

#include <algorithm>
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
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io {

namespace {

using ports::SpoolError;

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr std::string_view kCommitted = ".eml";
constexpr std::string_view kTemporary = ".part";
// Twelve hexadecimal digits of milliseconds last until the year 10889.
constexpr std::size_t kTimeDigits = 12;
constexpr std::size_t kRandomOctets = 8;
constexpr std::size_t kIdLength = kTimeDigits + 1 + (2 * kRandomOctets);

using Directory = core::Handle<DIR, &closedir>;

std::unexpected<SpoolError> error_of(std::string_view path, std::string_view call, int error) {
    return std::unexpected(
        SpoolError{fmt::format("{}: {}: {}", path, call, std::generic_category().message(error))});
}

bool is_spool_id(std::string_view text) {
    if (text.size() != kIdLength || text[kTimeDigits] != '-') {
        return false;
    }
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return std::ranges::all_of(text.substr(0, kTimeDigits), is_digit) &&
           std::ranges::all_of(text.substr(kTimeDigits + 1), is_digit);
}

/// The id in a file name; nullopt for other files.
std::optional<std::string> id_in(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix)) {
        return std::nullopt;
    }
    name.remove_suffix(suffix.size());
    return is_spool_id(name) ? std::optional(std::string(name)) : std::nullopt;
}

std::string path_of(std::string_view directory, std::string_view id, std::string_view suffix) {
    return fmt::format("{}/{}{}", directory, id, suffix);
}

FileHandle open_file(const std::string& path, int flags, mode_t mode = 0) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return FileHandle(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode));
}

/// Makes renames and new names in a directory durable; errno of a failure, else 0.
int sync_directory(const std::string& path) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const FileHandle directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return directory.is_open() && fsync(directory.get()) == 0 ? 0 : errno;
}

/// The names in a directory; errno of a failure.
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

/// Collects what comes in small pieces, writes it in large ones.
class FileWriter final : public ports::SpoolWriter {
public:
    FileWriter(std::string directory, std::string id, FileHandle file)
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

    core::Result<std::string, SpoolError> commit() override {
        if (!file_.is_open()) {
            return std::unexpected(closed().error());
        }
        if (const auto written = flush(); !written.has_value()) {
            return std::unexpected(written.error());
        }
        if (fsync(file_.get()) != 0) {
            return abandon("fsync", errno);
        }
        const std::string committed = path_of(directory_, id_, kCommitted);
        if (rename(temporary_.c_str(), committed.c_str()) != 0) {
            return abandon("rename", errno);
        }
        file_.close();
        if (const int error = sync_directory(directory_); error != 0) {
            unlink(committed.c_str());
            return error_of(directory_, "fsync", error);
        }
        return id_;
    }

private:
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
    FileHandle file_;
    std::string pending_;
};

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
    if (const int error = sync_directory(directory_); error != 0) {
        fail(error);
    }
    if (access(directory_.c_str(), R_OK | W_OK | X_OK) != 0) {
        fail(errno);
    }
    remove_leftovers(leftover_age);
}

void DirSpool::remove_leftovers(std::chrono::seconds leftover_age) const {
    const auto oldest = std::chrono::floor<std::chrono::seconds>(clock_.now()) - leftover_age;
    // A directory that cannot be listed is found out by its users; leftovers do no harm.
    const auto names = names_in(directory_);
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
        const auto id = id_in(name, kTemporary);
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
        id = fmt::format("{:012x}-{}", time & 0xFFFF'FFFF'FFFFU, random_hex(kRandomOctets));
    } catch (const std::system_error& error) {
        return std::unexpected(SpoolError{error.what()});
    }
    const std::string path = path_of(directory_, id, kTemporary);
    FileHandle file = open_file(path, O_WRONLY | O_CREAT | O_EXCL, kFileMode);
    if (!file.is_open()) {
        return error_of(path, "open", errno);
    }
    return std::make_unique<FileWriter>(directory_, std::move(id), std::move(file));
}

core::Result<void, SpoolError> DirSpool::read(
    std::string_view spool_id, const std::function<bool(std::string_view)>& take) const {
    if (!is_spool_id(spool_id)) {
        return std::unexpected(SpoolError{"not a spool id"});
    }
    const std::string path = path_of(directory_, spool_id, kCommitted);
    const FileHandle file = open_file(path, O_RDONLY);
    if (!file.is_open()) {
        return error_of(path, "open", errno);
    }
    std::vector<char> piece(kPiece);
    while (true) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return error_of(path, "read", errno);
        }
        if (got == 0 || !take(std::string_view(piece.data(), static_cast<std::size_t>(got)))) {
            return {};
        }
    }
}

core::Result<void, SpoolError> DirSpool::remove(std::string_view spool_id) {
    if (!is_spool_id(spool_id)) {
        return std::unexpected(SpoolError{"not a spool id"});
    }
    const std::string path = path_of(directory_, spool_id, kCommitted);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        return error_of(path, "unlink", errno);
    }
    return {};
}

core::Result<std::vector<std::string>, SpoolError> DirSpool::ids() const {
    const auto names = names_in(directory_);
    if (!names.has_value()) {
        return error_of(directory_, "open", names.error());
    }
    std::vector<std::string> ids;
    for (const std::string& name : *names) {
        if (auto id = id_in(name, kCommitted)) {
            ids.push_back(std::move(*id));
        }
    }
    std::ranges::sort(ids);
    return ids;
}

}  // namespace holdback::io
