// SPDX-License-Identifier: Apache-2.0
#pragma once
// Suppression entries as lines of the access maps of Postfix and Sendmail.

#include "core/result.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::lists {

/// The reason why an access map cannot express an entry.
enum class NoLine : std::uint8_t {
    Hashed,   ///< it names nobody
    Pattern,  ///< a map has no patterns
    Scoped,   ///< the map does not know the sender
    Syntax,   ///< the subject has characters that such a file cannot hold
};

[[nodiscard]] std::string_view plain_words(NoLine why);

using AccessLines = core::Result<std::string, NoLine>;

/// Lines for check_recipient_access (access(5) of Postfix): `REJECT` with an enhanced status and
/// the reason. An allow entry becomes `DUNNO`, which leaves the recipient to the restrictions that
/// follow: `OK` would also skip the one that keeps the server from being an open relay. A suffix is
/// written as the domain and with a dot in front, so that it works with any setting of
/// parent_domain_matches_subdomains.
[[nodiscard]] AccessLines postfix_lines(const terms::SuppressionEntry& entry);

/// Lines for the access database of Sendmail with FEATURE(`blocklist_recipients'): `To:` entries.
/// For Sendmail, a domain also covers all names below it.
[[nodiscard]] AccessLines sendmail_lines(const terms::SuppressionEntry& entry);

}  // namespace holdback::lists
