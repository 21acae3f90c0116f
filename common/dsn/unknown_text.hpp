// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts that no rule knew, as they are kept for review.

#include "dsn/classify.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace holdback::dsn {

/// Octets of an example; what is beyond is cut off.
inline constexpr std::size_t kUnknownExampleOctets = 1000;
/// Patterns of one message, and how many of them may be of recipients that nothing proves; what is
/// beyond is not counted.
inline constexpr std::size_t kMostUnknownTexts = 10;
inline constexpr std::size_t kMostUnprovenTexts = 3;

/// A failure of which no rule read the words.
struct UnknownText {
    /// As `text_pattern` makes it, with the local part of the recipient for an address; never
    /// empty.
    std::string pattern;
    std::string example;  ///< the text itself
    std::string remote_mta;
    terms::FailureCode code = terms::kUnknownFailure;  ///< what the bare codes gave
    std::string rule;                                  ///< that looked at bare codes; may be empty
    bool proven = false;                               ///< it came with a proof

    bool operator==(const UnknownText&) const = default;
};

/// The texts of a message's failed recipients of which nobody knew the words: neither a rule nor
/// the lexicon, so that bare codes decided or nothing did. Each pattern once, what is proven first.
/// `proofs` are those of the recipients, in their order; one that is missing is `Unproven`.
[[nodiscard]] std::vector<UnknownText> unknown_texts(const Understanding& understanding,
                                                     std::span<const terms::Proof> proofs);

}  // namespace holdback::dsn
