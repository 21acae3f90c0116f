// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lines out of octets that come in pieces.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::follow {

/// So many octets before a position are remembered, to know the place again.
inline constexpr std::size_t kBehindOctets = 256;

/// Longest line that is given; longer ones are read over.
inline constexpr std::size_t kLongestLogLine = std::size_t{64} * 1024;

/// Cuts octets into lines at "\n". Holds one unfinished line at most, and no more than the limit of
/// it.
class LineSplitter {
public:
    explicit LineSplitter(std::size_t longest = kLongestLogLine) : longest_(longest) {}

    /// More octets. Take all lines before giving the next piece.
    void add(std::string_view octets);

    /// The next line without its end, while there is one. Lines over the limit are counted.
    [[nodiscard]] std::optional<std::string> next();

    /// Octets that were added and not given as lines or read over with them: those of lines that
    /// are waiting and of the unfinished one, however long it is.
    [[nodiscard]] std::uint64_t pending() const { return dropped_ + (buffer_.size() - begin_); }

    /// The last octets before the first pending one, `kBehindOctets` at most.
    [[nodiscard]] const std::string& behind() const { return behind_; }

    /// Lines over the limit since the last call.
    [[nodiscard]] std::uint64_t take_skipped();

    /// Forgets everything; `behind` is what stands before the octets to come.
    void start(std::string behind);

private:
    void step_over(std::string_view octets);

    std::size_t longest_;
    std::string buffer_;
    std::size_t begin_ = 0;      // of the next line in the buffer
    std::size_t searched_ = 0;   // no line end before this
    std::uint64_t dropped_ = 0;  // octets of the unfinished line that were not kept
    std::string dropped_end_;    // the last of them
    std::string behind_;
    std::uint64_t skipped_ = 0;
};

}  // namespace holdback::io::follow
