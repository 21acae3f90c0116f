// SPDX-License-Identifier: Apache-2.0
#pragma once
// Suppression entries as lines of the access maps of Postfix and Sendmail.

#include "core/result.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::lists {

/// Why an access map cannot say what an entry says.
enum class NoLine : std::uint8_t {
    Hashed,   ///< it names nobody
    Pattern,  ///< there are no patterns in a map
    Scoped,   ///< the map does not know the sender
    Syntax,   ///< the mailbox has characters that such a file cannot hold
};

[[nodiscard]] std::string_view plain_words(NoLine why);

using AccessLines = core::Result<std::string, NoLine>;

/// Lines for check_recipient_access (access(5) of Postfix): `REJECT` with an enhanced status and
/// the reason. An allow entry is `DUNNO`, which passes the recipient on to the restrictions that
/// follow: `OK` would let it past the one that makes a server no open relay. A suffix is written
/// both as the domain and with a dot in front, so that it counts whatever
/// parent_domain_matches_subdomains says.
[[nodiscard]] AccessLines postfix_lines(const terms::SuppressionEntry& entry);

/// Lines for the access database of Sendmail with FEATURE(`blocklist_recipients'), `To:` entries.
/// Sendmail takes a domain for all names below it as well.
[[nodiscard]] AccessLines sendmail_lines(const terms::SuppressionEntry& entry);

}  // namespace holdback::lists
