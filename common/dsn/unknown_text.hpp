// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts that no rule knew, as they are kept for review.

#include "dsn/classify.hpp"
#include "dsn/rule_set.hpp"
#include "mail/failure_code.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::dsn {

/// Octets of an example; what is beyond is cut off.
inline constexpr std::size_t kUnknownExampleOctets = 1000;
/// Patterns of one message; what is beyond is not counted.
inline constexpr std::size_t kMostUnknownTexts = 10;

/// A failure of which no rule read the words.
struct UnknownText {
    std::string pattern;  ///< as `text_pattern` makes it; never empty
    std::string example;  ///< the text itself
    std::string remote_mta;
    mail::FailureCode code = mail::kUnknownFailure;  ///< what the bare codes gave
    std::string rule;                                ///< that looked at bare codes; may be empty

    bool operator==(const UnknownText&) const = default;
};

/// The texts of a message's failed recipients that no rule of `rules` knew: no rule decided, or one
/// that looks at bare codes alone. Each pattern once.
[[nodiscard]] std::vector<UnknownText> unknown_texts(const Understanding& understanding,
                                                     const RuleSet& rules);

}  // namespace holdback::dsn
