// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a store and a spool belong together.

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::terms {

/// What stands in a store and in its spool alike. The generation grows within seconds after each
/// change of held mail, in the store first: so a copy of the store lags behind the spool as soon as
/// anything happened since it was made.
struct PairMark {
    std::string id;  ///< random, of this pair alone
    std::uint64_t generation = 0;

    bool operator==(const PairMark&) const = default;
};

/// The text of a mark in the spool, and back; nullopt for anything else.
[[nodiscard]] std::string pair_mark_text(const PairMark& mark);
[[nodiscard]] std::optional<PairMark> parse_pair_mark(std::string_view text);

/// What is there when a store and a spool are opened.
struct PairFacts {
    std::optional<PairMark> store;
    std::optional<PairMark> spool;
    std::size_t files = 0;     ///< messages in the spool
    std::size_t unlisted = 0;  ///< those of them that the store does not name
    std::size_t waiting = 0;   ///< recipients for whom the store waits to act on a message
};

enum class PairState : std::uint8_t {
    Paired,
    New,             ///< they can be made a pair: nothing is lost or doubled by it
    StoreIsNew,      ///< the spool has messages that this store never knew
    StoreIsOlder,    ///< the spool has seen changes that the store has not
    SpoolIsOlder,    ///< the other way round
    SpoolIsMissing,  ///< the store waits for messages, and the spool is another or was emptied
    Strangers,       ///< each belongs to another one
};

/// A store and a spool without marks, as an older version of the program left them, are a pair when
/// the store names all files.
[[nodiscard]] PairState judge_pair(const PairFacts& facts);

}  // namespace holdback::terms
