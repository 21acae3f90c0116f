// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/out_file.hpp"

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::size_t kBuffer = std::size_t{256} * 1024;
constexpr mode_t kMode = 0666;

std::string failure(const std::string& path, int error) {
    return fmt::format("{}: {}", path, std::generic_category().message(error));
}

std::string is_there(const std::string& path) {
    return fmt::format("{}: there is such a file; --force replaces it", path);
}

/// The mode of new files, by the umask of the process.
mode_t mode_of_new_files() {
    const mode_t mask = umask(0);
    umask(mask);
    return kMode & ~mask;
}

}  // namespace

OutFile::OutFile(std::string path,
                 std::string temporary,
                 io::system::FileHandle file,
                 Existing existing)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      file_(std::move(file)),
      existing_(existing) {}

OutFile::OutFile(OutFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::move(other.file_)),
      existing_(other.existing_),
      buffer_(std::move(other.buffer_)),
      error_(other.error_) {}

OutFile::~OutFile() {
    if (!temporary_.empty()) {
        static_cast<void>(unlink(temporary_.c_str()));
    }
}

core::Result<OutFile, std::string> OutFile::create(const std::string& path, Existing existing) {
    struct stat known{};
    if (lstat(path.c_str(), &known) == 0) {
        if (existing == Existing::Keep) {
            return std::unexpected(is_there(path));
        }
        if (!S_ISREG(known.st_mode)) {
            return std::unexpected(fmt::format("{}: is not a regular file", path));
        }
    }
    std::string temporary = path + ".XXXXXX";
    io::system::FileHandle file(mkstemp(temporary.data()));
    if (!file.is_open()) {
        return std::unexpected(failure(path, errno));
    }
    static_cast<void>(fchmod(file.get(), mode_of_new_files()));
    return OutFile(path, std::move(temporary), std::move(file), existing);
}

void OutFile::append(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kBuffer) {
        flush();
    }
}

void OutFile::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty() && error_ == 0) {
        const ssize_t written = write(file_.get(), rest.data(), rest.size());
        if (written < 0 && errno != EINTR) {
            error_ = errno;
        }
        rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    buffer_.clear();
}

core::Result<void, std::string> OutFile::finish() {
    flush();
    if (error_ == 0 && fsync(file_.get()) != 0) {
        error_ = errno;
    }
    if (error_ != 0) {
        return std::unexpected(failure(path_, error_));
    }
    if (existing_ == Existing::Replace) {
        if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
            return std::unexpected(failure(path_, errno));
        }
        temporary_.clear();
        return {};
    }
    // A link, unlike a rename, never replaces a file that has appeared meanwhile.
    if (link(temporary_.c_str(), path_.c_str()) != 0) {
        return std::unexpected(errno == EEXIST ? is_there(path_) : failure(path_, errno));
    }
    return {};
}

}  // namespace holdback::milter::ctl
