// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps a warning that repeats itself from filling the log.

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::report {

/// Lets each kind of line through once per interval and counts the others. Remembers a bounded
/// number of kinds: beyond it, the kind written longest ago makes room. Not for several threads by
/// itself: put it in a `core::Guarded`.
class RateLimit {
public:
    explicit RateLimit(std::chrono::seconds interval = std::chrono::minutes(1),
                       std::size_t most_kinds = 256)
        : interval_(interval), most_kinds_(most_kinds) {}

    /// nullopt: be silent. Otherwise write the line; the number says how many of its kind were
    /// left out since the last one that was written. `kind` is a word of ours, not foreign text.
    [[nodiscard]] std::optional<std::size_t> admit(std::string_view kind, core::SteadyPoint now);

private:
    struct Entry {
        core::SteadyPoint written;
        std::size_t left_out = 0;
    };

    void make_room();

    std::chrono::seconds interval_;
    std::size_t most_kinds_;
    std::map<std::string, Entry, std::less<>> kinds_;
};

}  // namespace holdback::report
