// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps repeated warnings from filling the log.

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::report {

/// Lets each kind of line through once per interval and counts the others. The number of kinds is
/// bounded: a new one replaces the kind written longest ago. Not safe for several threads: put it
/// in a `core::Guarded`.
class RateLimit {
public:
    explicit RateLimit(std::chrono::seconds interval = std::chrono::minutes(1),
                       std::size_t most_kinds = 256)
        : interval_(interval), most_kinds_(most_kinds) {}

    /// nullopt: do not write. Otherwise write the line; the number tells how many of its kind were
    /// left out since the last written one. `kind` is our own word, not foreign text.
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
