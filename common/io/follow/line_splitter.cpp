// SPDX-License-Identifier: Apache-2.0
#include "io/follow/line_splitter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::io::follow {

void LineSplitter::add(std::string_view octets) {
    buffer_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    buffer_ += octets;
}

std::optional<std::string> LineSplitter::next() {
    while (true) {
        const std::size_t end = buffer_.find('\n', searched_);
        if (end == std::string::npos) {
            searched_ = buffer_.size();
            if (buffer_.size() - begin_ > longest_) {
                dropped_ += buffer_.size() - begin_;
                dropped_end_ = buffer_.substr(buffer_.size() - std::min(longest_, kBehindOctets));
                buffer_.clear();
                begin_ = 0;
                searched_ = 0;
            }
            return std::nullopt;
        }
        const std::size_t begin = std::exchange(begin_, end + 1);
        searched_ = begin_;
        if (std::exchange(dropped_, 0) > 0) {
            step_over(std::exchange(dropped_end_, {}));
            step_over(std::string_view(buffer_).substr(begin, end + 1 - begin));
            ++skipped_;
            continue;
        }
        step_over(std::string_view(buffer_).substr(begin, end + 1 - begin));
        if (end - begin > longest_) {
            ++skipped_;
            continue;
        }
        return buffer_.substr(begin, end - begin);
    }
}

void LineSplitter::step_over(std::string_view octets) {
    if (octets.size() >= kBehindOctets) {
        behind_ = octets.substr(octets.size() - kBehindOctets);
        return;
    }
    behind_ += octets;
    if (behind_.size() > kBehindOctets) {
        behind_.erase(0, behind_.size() - kBehindOctets);
    }
}

std::uint64_t LineSplitter::take_skipped() {
    return std::exchange(skipped_, 0);
}

void LineSplitter::start(std::string behind) {
    buffer_.clear();
    begin_ = 0;
    searched_ = 0;
    dropped_ = 0;
    dropped_end_.clear();
    behind_ = std::move(behind);
}

}  // namespace holdback::io::follow
