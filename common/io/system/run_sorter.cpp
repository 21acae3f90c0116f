// SPDX-License-Identifier: Apache-2.0
#include "io/system/run_sorter.hpp"

#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"
#include "io/system/random.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <fcntl.h>
#include <functional>
#include <future>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::system {

namespace {

/// The lengths of key and payload stand in front of each record.
constexpr std::size_t kHead = sizeof(std::uint16_t) + sizeof(std::uint32_t);
/// Octets read from a file at once; each run has such a buffer.
constexpr std::size_t kReadBlock = std::size_t{256} * 1024;
constexpr std::size_t kWriteBlock = std::size_t{1024} * 1024;

void append_record(std::string& out, const SortRecord& record) {
    const auto key = static_cast<std::uint16_t>(record.key.size());
    const auto payload = static_cast<std::uint32_t>(record.payload.size());
    std::array<char, kHead> head{};
    std::memcpy(head.data(), &key, sizeof key);
    std::memcpy(&head.at(sizeof key), &payload, sizeof payload);
    out.append(head.data(), head.size());
    out.append(record.key);
    out.append(record.payload);
}

struct Lengths {
    std::size_t key;
    std::size_t payload;
};

Lengths lengths_at(std::string_view octets) {
    std::uint16_t key = 0;
    std::uint32_t payload = 0;
    std::memcpy(&key, octets.data(), sizeof key);
    std::memcpy(&payload, octets.substr(sizeof key).data(), sizeof payload);
    return {.key = key, .payload = payload};
}

SortRecord record_at(std::string_view octets) {
    const auto [key, payload] = lengths_at(octets);
    return {.key = octets.substr(kHead, key), .payload = octets.substr(kHead + key, payload)};
}

std::uint64_t prefix_of(std::string_view key) {
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < sizeof prefix; ++i) {
        prefix = (prefix << 8U) | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
    }
    return prefix;
}

std::string trouble(const std::string& directory, int error) {
    return fmt::format(
        "{}: a file to sort in: {}", directory, std::generic_category().message(error));
}

/// A file that vanishes when it is closed.
core::Result<FileHandle, std::string> open_nameless(const std::string& directory) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    FileHandle file(open(directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    if (file.is_open()) {
        return file;
    }
    // The file system has no such files.
    const std::string path = fmt::format("{}/.sort-{}", directory, random_hex(8));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    FileHandle named(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!named.is_open()) {
        return std::unexpected(trouble(directory, errno));
    }
    static_cast<void>(unlink(path.c_str()));
    return named;
}

/// 0, or errno of a failure.
int write_block(int file, std::string_view octets) {
    return write_all(file, octets) == octets.size() ? 0 : errno;
}

}  // namespace

class RunSorter::Reader {
public:
    explicit Reader(FileHandle file) : file_(std::move(file)) {}

    /// True when there is a record; an error is errno.
    [[nodiscard]] core::Result<bool, int> next() {
        at_ += length_;
        length_ = 0;
        if (const int error = need(kHead); error != 0) {
            return std::unexpected(error);
        }
        if (buffer_.size() - at_ < kHead) {
            return false;
        }
        const auto [key, payload] = lengths_at(rest());
        if (const int error = need(kHead + key + payload); error != 0) {
            return std::unexpected(error);
        }
        length_ = kHead + key + payload;
        if (buffer_.size() - at_ < length_) {
            return std::unexpected(EIO);
        }
        record_ = record_at(rest());
        return true;
    }
    [[nodiscard]] const SortRecord& record() const { return record_; }

private:
    [[nodiscard]] std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

    /// Gets this many octets into the buffer, if the file has them. 0 or errno.
    int need(std::size_t octets) {
        while (buffer_.size() - at_ < octets) {
            buffer_.erase(0, at_);
            at_ = 0;
            const std::size_t old = buffer_.size();
            buffer_.resize(old + kReadBlock);
            const auto space = std::span(buffer_).subspan(old);
            const ssize_t got = pread(file_.get(), space.data(), space.size(), offset_);
            buffer_.resize(old + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            if (got < 0 && errno != EINTR) {
                return errno;
            }
            if (got == 0) {
                return 0;
            }
            offset_ += std::max<ssize_t>(got, 0);
        }
        return 0;
    }

    FileHandle file_;
    off_t offset_ = 0;
    std::string buffer_;
    std::size_t at_ = 0;
    std::size_t length_ = 0;
    SortRecord record_;
};

RunSorter::RunSorter(std::string directory, std::size_t run_octets)
    : directory_(std::move(directory)), run_octets_(run_octets) {
    run_.octets.reserve(run_octets_);
}

RunSorter::~RunSorter() = default;

core::Result<void, std::string> RunSorter::add(const SortRecord& record) {
    const std::size_t length = kHead + record.key.size() + record.payload.size();
    const std::size_t used = run_.octets.size() + (run_.places.size() * sizeof(Place));
    if (!run_.places.empty() && used + length + sizeof(Place) > run_octets_) {
        if (auto spilled = spill(); !spilled.has_value()) {
            return spilled;
        }
    }
    run_.places.push_back({.prefix = prefix_of(record.key),
                           .offset = static_cast<std::uint32_t>(run_.octets.size())});
    append_record(run_.octets, record);
    ++count_;
    return {};
}

void RunSorter::sort(Run& run) {
    const std::string_view octets = run.octets;
    std::ranges::sort(run.places, [octets](const Place& a, const Place& b) {
        if (a.prefix != b.prefix) {
            return a.prefix < b.prefix;
        }
        const int order =
            record_at(octets.substr(a.offset)).key.compare(record_at(octets.substr(b.offset)).key);
        return order != 0 ? order < 0 : a.offset < b.offset;
    });
}

RunSorter::Written RunSorter::write(const std::string& directory, Run run) {
    sort(run);
    auto file = open_nameless(directory);
    if (!file.has_value()) {
        return file;
    }
    std::string block;
    block.reserve(kWriteBlock + kReadBlock);
    int error = 0;
    for (const Place& place : run.places) {
        const SortRecord record = record_at(std::string_view(run.octets).substr(place.offset));
        append_record(block, record);
        if (block.size() >= kWriteBlock) {
            error = error == 0 ? write_block(file->get(), block) : error;
            block.clear();
        }
    }
    error = error == 0 ? write_block(file->get(), block) : error;
    if (error != 0) {
        return std::unexpected(trouble(directory, error));
    }
    return file;
}

/// Lets another thread sort and write the full run.
core::Result<void, std::string> RunSorter::spill() {
    if (auto collected = collect(); !collected.has_value()) {
        return collected;
    }
    writing_ =
        std::async(std::launch::async, &RunSorter::write, directory_, std::exchange(run_, Run{}));
    run_.octets.reserve(run_octets_);
    return {};
}

/// Waits for the run that is being written.
core::Result<void, std::string> RunSorter::collect() {
    if (!writing_.valid()) {
        return {};
    }
    auto written = writing_.get();
    if (!written.has_value()) {
        return std::unexpected(std::move(written.error()));
    }
    files_.push_back(*std::move(written));
    return {};
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): one merge
core::Result<void, std::string> RunSorter::visit(
    const std::function<bool(const SortRecord&)>& visit) {
    if (files_.empty() && !writing_.valid()) {
        sort(run_);
        for (const Place& place : run_.places) {
            if (!visit(record_at(std::string_view(run_.octets).substr(place.offset)))) {
                break;
            }
        }
        return {};
    }
    if (auto spilled = spill(); !spilled.has_value()) {
        return spilled;
    }
    run_ = Run{};
    if (auto collected = collect(); !collected.has_value()) {
        return collected;
    }
    std::vector<Reader> readers;
    readers.reserve(files_.size());
    for (FileHandle& file : files_) {
        readers.emplace_back(std::move(file));
    }
    files_.clear();
    // The least key is on top; of equal keys, that of the earlier run.
    const auto is_behind = [&](std::size_t a, std::size_t b) {
        const int order = readers[a].record().key.compare(readers[b].record().key);
        return order != 0 ? order > 0 : a > b;
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(is_behind)> heads(
        is_behind);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const auto any = readers[i].next();
        if (!any.has_value()) {
            return std::unexpected(trouble(directory_, any.error()));
        }
        if (*any) {
            heads.push(i);
        }
    }
    while (!heads.empty()) {
        const std::size_t least = heads.top();
        heads.pop();
        if (!visit(readers[least].record())) {
            return {};
        }
        const auto any = readers[least].next();
        if (!any.has_value()) {
            return std::unexpected(trouble(directory_, any.error()));
        }
        if (*any) {
            heads.push(least);
        }
    }
    return {};
}

}  // namespace holdback::io::system
