// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which messages left without a seal: the MTA's own bounces of them prove themselves by it.

#include "core/guarded.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::flow {

/// Remembers queue ids and recipients of the last messages that left unsealed (shadow mode, sealing
/// off), in memory alone: after a restart, their bounces are tagged and teach nothing. Safe from
/// several threads.
class Departures {
public:
    /// Keeps at most this many recipients; the oldest messages go first.
    explicit Departures(std::size_t most_recipients = 500'000)
        : most_recipients_(most_recipients) {}

    /// Recipients are keys as `mail::Address::key()`. A queue id that is known already gets them in
    /// addition.
    void add(std::string_view queue_id, std::span<const std::string> recipients);

    [[nodiscard]] bool has(std::string_view queue_id, std::string_view recipient) const;

private:
    struct Known {
        std::unordered_map<std::string, std::vector<std::uint64_t>> recipients;  // hashes, by id
        std::deque<std::string> order;
        std::size_t count = 0;
    };

    std::size_t most_recipients_;
    mutable core::Guarded<Known> known_;
};

}  // namespace holdback::flow
