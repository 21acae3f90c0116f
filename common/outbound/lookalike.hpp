// SPDX-License-Identifier: Apache-2.0
#pragma once
// Near a well-known mailbox provider? With the domain that was probably meant.

#include "mail/domain.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::outbound {

/// Why a domain is taken for a misspelled one.
enum class Likeness : std::uint8_t {
    Common,  ///< people misspell it in this way so often that its existing is no excuse
    Near,    ///< a slip or two away; a misspelling only when the domain takes no mail
};

struct Lookalike {
    std::string_view meant;  ///< the provider's domain; static
    Likeness likeness;

    bool operator==(const Lookalike&) const = default;
};

/// The provider's domain that was probably meant. nullopt for the providers' own domains, for those
/// that providers have in other countries ("yahoo.fr"), for literals, and for all that is far from
/// any provider.
///
/// Near is: one slip (a letter too many, missing, wrong, or two in the wrong order) where the
/// provider's domain has six letters or more; two slips that leave the first letter alone where it
/// has ten or more; the name of one of the largest providers under an ending that it does not have.
/// Letters are all characters but dots.
[[nodiscard]] std::optional<Lookalike> lookalike(const mail::Domain& domain);

}  // namespace holdback::outbound
