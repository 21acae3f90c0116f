// SPDX-License-Identifier: Apache-2.0
#include "report/rate_limit.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace holdback::report {

std::optional<std::size_t> RateLimit::admit(std::string_view kind, core::SteadyPoint now) {
    const auto found = kinds_.find(kind);
    if (found == kinds_.end()) {
        make_room();
        kinds_.emplace(kind, Entry{.written = now});
        return 0;
    }
    Entry& entry = found->second;
    if (now - entry.written < interval_) {
        ++entry.left_out;
        return std::nullopt;
    }
    entry.written = now;
    return std::exchange(entry.left_out, 0);
}

void RateLimit::make_room() {
    if (kinds_.empty() || kinds_.size() < most_kinds_) {
        return;
    }
    kinds_.erase(
        std::ranges::min_element(kinds_, {}, [](const auto& kind) { return kind.second.written; }));
}

}  // namespace holdback::report
