// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes lines from octets that come in pieces.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::follow {

/// This many octets before a position are remembered, to recognise the place.
inline constexpr std::size_t kBehindOctets = 256;

/// The longest line that is given; longer ones are skipped.
inline constexpr std::size_t kLongestLogLine = std::size_t{64} * 1024;

/// Cuts octets into lines at "\n". Holds at most one unfinished line, and of that no more than the
/// limit.
class LineSplitter {
public:
    explicit LineSplitter(std::size_t longest = kLongestLogLine) : longest_(longest) {}

    /// Adds octets. Take all lines before you add the next piece.
    void add(std::string_view octets);

    /// The next line without its end; nullopt when there is none. Counts lines over the limit.
    [[nodiscard]] std::optional<std::string> next();

    /// Octets that were added but not yet given or skipped with their lines: those of the waiting
    /// lines and of the unfinished one, however long it is.
    [[nodiscard]] std::uint64_t pending() const { return dropped_ + (buffer_.size() - begin_); }

    /// The last octets before the first pending one, `kBehindOctets` at most.
    [[nodiscard]] const std::string& behind() const { return behind_; }

    /// The number of lines over the limit since the last call.
    [[nodiscard]] std::uint64_t take_skipped();

    /// Forgets everything; `behind` holds the octets before those to come.
    void start(std::string behind);

private:
    void step_over(std::string_view octets);

    std::size_t longest_;
    std::string buffer_;
    std::size_t begin_ = 0;      // start of the next line in the buffer
    std::size_t searched_ = 0;   // no line end before this
    std::uint64_t dropped_ = 0;  // octets of the unfinished line that were not kept
    std::string dropped_end_;    // the last of them
    std::string behind_;
    std::uint64_t skipped_ = 0;
};

}  // namespace holdback::io::follow
