// SPDX-License-Identifier: Apache-2.0
#pragma once
// A number within a time.

#include <chrono>
#include <cstddef>

namespace holdback::config {

/// "100/10m": at most `count` in any `window`.
struct Rate {
    std::size_t count;
    std::chrono::seconds window;

    bool operator==(const Rate&) const = default;
};

}  // namespace holdback::config
