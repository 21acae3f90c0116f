// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells whether a store and a spool belong together.

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::terms {

/// The mark that a store and its spool share. The generation grows within seconds of each change of
/// held mail, in the store first. So a copy of the store lags behind the spool after any change
/// since the copy was made.
struct PairMark {
    std::string id;  ///< random, of this pair alone
    std::uint64_t generation = 0;

    bool operator==(const PairMark&) const = default;
};

/// The text of a mark in the spool, and the way back; nullopt for any other text.
[[nodiscard]] std::string pair_mark_text(const PairMark& mark);
[[nodiscard]] std::optional<PairMark> parse_pair_mark(std::string_view text);

/// The facts when a store and a spool are opened.
struct PairFacts {
    std::optional<PairMark> store;
    std::optional<PairMark> spool;
    std::size_t files = 0;     ///< messages in the spool
    std::size_t unlisted = 0;  ///< those of them that the store does not name
    std::size_t waiting = 0;   ///< recipients for whom the store has yet to act on a message
};

enum class PairState : std::uint8_t {
    Paired,
    New,             ///< they can become a pair: nothing is lost or doubled by that
    StoreIsNew,      ///< the spool has messages that this store never knew
    StoreIsOlder,    ///< the spool has seen changes that the store has not
    SpoolIsOlder,    ///< the store has seen changes that the spool has not
    SpoolIsMissing,  ///< the store waits for messages, but the spool is another one or was emptied
    Strangers,       ///< each belongs to another partner
};

/// A store and a spool without marks (from an older version of the program) are a pair when the
/// store names all files.
[[nodiscard]] PairState judge_pair(const PairFacts& facts);

}  // namespace holdback::terms
