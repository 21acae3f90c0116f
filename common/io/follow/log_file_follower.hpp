// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows a log file line by line through rotation and truncation, across restarts.

#include "core/clock.hpp"
#include "io/follow/line_splitter.hpp"
#include "io/system/file_handle.hpp"
#include "ports/log_source.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::follow {

/// The file that is read, and the place in it. Two files are the same when device and inode agree
/// and the octets before the offset have the same fingerprint. So a file that was truncated and
/// written anew is another file, and a copy of the old one is the old one.
struct FilePosition {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    std::string fingerprint;  ///< of the last octets before `offset`; hexadecimal

    bool operator==(const FilePosition&) const = default;

    [[nodiscard]] static std::optional<FilePosition> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
};

/// `LogSource` on a file that may be renamed (the old one is read to its end, then those that came
/// after it, then the new one), truncated, or copied and truncated, while we run or before. Octets
/// written between the copy and the truncation are lost to everybody. Compressed files are not
/// read. A file beside it counts when a number, a date or "old" follows its name. Looks for new
/// lines twice a second; memory is bounded by the longest line.
class LogFileFollower final : public ports::LogSource {
public:
    /// `path` need not exist yet.
    explicit LogFileFollower(std::string path,
                             std::chrono::milliseconds poll = std::chrono::milliseconds(500));

    [[nodiscard]] std::string name() const override { return "file:" + path_; }
    void seek(std::string_view position) override;
    [[nodiscard]] ports::LogBatch read(std::size_t most,
                                       core::SteadyPoint deadline,
                                       const std::stop_token& stop) override;

private:
    struct Sibling;
    enum class Reopened : std::uint8_t {
        Found,
        Unreadable,  ///< it exists, but cannot be opened
        Gone,
    };

    void open_at_end();
    /// Opens the file of a position, wherever it is now.
    [[nodiscard]] Reopened reopen(const FilePosition& position);
    /// Opens the file to read first; true when that worked.
    [[nodiscard]] bool open_first();
    /// Opens the file that came after the one that we have read; false when there is none yet.
    [[nodiscard]] bool open_next();
    void open_as_news(const std::string& path);
    void take(system::FileHandle file, std::uint64_t offset);
    /// True when the file no longer holds what we have read.
    [[nodiscard]] bool is_rewritten() const;
    /// Reads on; true when there were octets.
    bool fill();
    /// Goes on with another file, or stays with this one; true when there may be more now.
    bool find_more();
    [[nodiscard]] FilePosition position() const;
    [[nodiscard]] std::vector<Sibling> siblings() const;

    std::string path_;
    std::chrono::milliseconds poll_;
    system::FileHandle file_;  // the file that is read, whatever its name is now
    std::uint64_t read_to_ = 0;
    LineSplitter lines_;
    std::string trouble_;
    std::optional<FilePosition> wanted_;  // where to go on, until a file is open
    bool from_start_ = false;             // the next file is new from its start
};

}  // namespace holdback::io::follow
