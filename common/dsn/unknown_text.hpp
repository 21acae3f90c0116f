// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts that no rule knew, kept for review.

#include "dsn/classify.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace holdback::dsn {

/// Octets of an example; a longer one is cut.
inline constexpr std::size_t kUnknownExampleOctets = 1000;
/// The most patterns of one message, and the most of them for unproven recipients. Further ones are
/// not counted.
inline constexpr std::size_t kMostUnknownTexts = 10;
inline constexpr std::size_t kMostUnprovenTexts = 3;

/// A failure whose words no rule knew.
struct UnknownText {
    /// Made by `text_pattern`, with an address in place of the recipient's local part; never empty.
    std::string pattern;
    std::string example;  ///< the text itself
    std::string remote_mta;
    terms::FailureCode code = terms::kUnknownFailure;  ///< what the bare codes gave
    std::string rule;     ///< the rule that looked at bare codes, or empty
    bool proven = false;  ///< the failure has a proof

    bool operator==(const UnknownText&) const = default;
};

/// The texts of a message's failed recipients that neither a rule nor the lexicon knew, so that
/// bare codes decided or nothing did; without recipients, the text of an unknown failure. Each
/// pattern occurs once, proven ones first. `proofs` are those of the recipients, in their order; a
/// missing one is `Unproven`.
[[nodiscard]] std::vector<UnknownText> unknown_texts(const Understanding& understanding,
                                                     std::span<const terms::Proof> proofs);

}  // namespace holdback::dsn
