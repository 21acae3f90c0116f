// SPDX-License-Identifier: Apache-2.0
#include "io/state/spool_file.hpp"

#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "ports/spool.hpp"
#include "terms/held_label.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::state {

namespace {

using ports::SpoolError;

constexpr std::size_t kPiece = std::size_t{64} * 1024;
// Twelve hexadecimal digits of milliseconds last until the year 10889.
constexpr std::size_t kTimeDigits = 12;
constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kIdLength = kTimeDigits + 1 + kRandomDigits;

/// Fills `room` from `offset` on, as far as the file goes; the number of octets, or errno.
core::Result<std::size_t, int> read_at(int file, std::span<char> room, std::uint64_t offset) {
    std::size_t filled = 0;
    while (filled < room.size()) {
        const ssize_t got = pread(
            file, room.data() + filled, room.size() - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno != EINTR) {
            return std::unexpected(errno);
        }
        if (got == 0) {
            break;
        }
        filled += got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    return filled;
}

}  // namespace

bool is_spool_id(std::string_view text) {
    if (text.size() != kIdLength || text[kTimeDigits] != '-') {
        return false;
    }
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return std::ranges::all_of(text.substr(0, kTimeDigits), is_digit) &&
           std::ranges::all_of(text.substr(kTimeDigits + 1), is_digit);
}

std::optional<std::string> spool_id_in(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix)) {
        return std::nullopt;
    }
    name.remove_suffix(suffix.size());
    return is_spool_id(name) ? std::optional(std::string(name)) : std::nullopt;
}

SpoolError spool_error(std::string_view path, std::string_view call, int error) {
    return {fmt::format("{}: {}: {}", path, call, std::generic_category().message(error))};
}

system::FileHandle open_in_spool(const std::string& path, int flags, unsigned mode) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return system::FileHandle(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode));
}

SpoolFile::SpoolFile(std::string path, system::FileHandle file, std::uint64_t size)
    : path_(std::move(path)), file_(std::move(file)), size_(size) {}

core::Result<SpoolFile, int> SpoolFile::open(std::string path) {
    system::FileHandle file = open_in_spool(path, O_RDONLY);
    if (!file.is_open()) {
        return std::unexpected(errno);
    }
    struct stat status{};
    if (fstat(file.get(), &status) != 0) {
        return std::unexpected(errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return std::unexpected(EINVAL);
    }
    return SpoolFile(std::move(path), std::move(file), static_cast<std::uint64_t>(status.st_size));
}

bool SpoolFile::is_labelled() const {
    return path_.ends_with(kLabelledFile);
}

core::Result<SpoolFile::Read, SpoolError> SpoolFile::read(
    std::uint64_t octets, const std::function<bool(std::string_view)>& take) const {
    Read done;
    core::RunningDigest digest;
    std::vector<char> piece(kPiece);
    while (done.octets < octets && !done.stopped) {
        const std::size_t wanted = std::min<std::uint64_t>(piece.size(), octets - done.octets);
        const auto got = read_at(file_.get(), std::span(piece).first(wanted), done.octets);
        if (!got.has_value()) {
            return std::unexpected(spool_error(path_, "read", got.error()));
        }
        if (*got == 0) {
            break;
        }
        const std::string_view text(piece.data(), *got);
        digest.update(text);
        done.octets += *got;
        done.stopped = !take(text);
    }
    done.digest = digest.finish_hex();
    return done;
}

core::Result<core::Result<terms::HeldLabel, terms::LabelError>, SpoolError> SpoolFile::label()
    const {
    using Label = core::Result<terms::HeldLabel, terms::LabelError>;
    if (!is_labelled() || size_ < terms::kLabelEndOctets) {
        return Label(std::unexpected(terms::LabelError::Missing));
    }
    std::string text(terms::kLabelEndOctets, '\0');
    const auto end = read_at(file_.get(), text, size_ - text.size());
    if (!end.has_value()) {
        return std::unexpected(spool_error(path_, "read", end.error()));
    }
    const auto octets = terms::label_octets(text);
    if (!octets.has_value() || *octets > size_) {
        return Label(std::unexpected(terms::LabelError::Missing));
    }
    text.resize(*octets);
    const auto whole = read_at(file_.get(), text, size_ - *octets);
    if (!whole.has_value()) {
        return std::unexpected(spool_error(path_, "read", whole.error()));
    }
    return terms::decode_label(text);
}

core::Result<ports::CopyCheck, SpoolError> SpoolFile::check(std::uint64_t octets,
                                                            std::string_view digest) const {
    if (size_ < octets || (!is_labelled() && size_ > octets)) {
        return ports::CopyCheck{
            .damage = fmt::format("the copy in the spool has {} octets of {}", size_, octets),
            .digest = {}};
    }
    const auto read = this->read(octets, [](std::string_view /*piece*/) { return true; });
    if (!read.has_value()) {
        return std::unexpected(read.error());
    }
    if (read->octets != octets) {
        return ports::CopyCheck{
            .damage =
                fmt::format("the copy in the spool has {} octets of {}", read->octets, octets),
            .digest = {}};
    }
    if (!digest.empty() && read->digest != digest) {
        return ports::CopyCheck{
            .damage = "the copy in the spool has other octets than those that were held",
            .digest = {}};
    }
    return ports::CopyCheck{.damage = {}, .digest = read->digest};
}

}  // namespace holdback::io::state
