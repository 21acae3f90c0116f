// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds domains that look like a well-known mailbox provider's, and the domain that was meant.

#include "mail/domain.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::outbound {

/// The reason why a domain is taken for a misspelled one.
enum class Likeness : std::uint8_t {
    Common,  ///< so common a misspelling that it counts even when the domain exists
    Near,    ///< near a provider's domain; a misspelling only if the domain takes no mail
};

struct Lookalike {
    std::string_view meant;  ///< the provider's domain; static
    Likeness likeness;

    bool operator==(const Lookalike&) const = default;
};

/// The provider's domain that was probably meant. nullopt for the providers' own domains, also
/// those in other countries ("yahoo.fr"), for literals, and for domains that are not near any
/// provider.
///
/// A domain is near by one slip (a letter too many, missing or wrong, or two in the wrong order)
/// when the provider's domain has six letters or more; by two slips that leave the first letter
/// alone when it has ten or more; and when it is a distinct provider's name with another ending.
/// All characters but dots count as letters.
[[nodiscard]] std::optional<Lookalike> lookalike(const mail::Domain& domain);

}  // namespace holdback::outbound
