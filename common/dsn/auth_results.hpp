// SPDX-License-Identifier: Apache-2.0
#pragma once
// What our own border found out about the author of a message: Authentication-Results (RFC 8601).

#include "mail/address.hpp"
#include "mail/header.hpp"

#include <string>
#include <vector>

namespace holdback::dsn {

/// True when a field of one of these authentication services says that the domain of `author` is
/// who the message says it is from: `dmarc=pass` for it, or `dkim=pass` or `spf=pass` with exactly
/// this domain (the looser alignment of RFC 7489 section 3.1 is for DMARC to find).
///
/// Whoever sends a message can write such fields. So a service is one of the caller's own, whose
/// border removes fields of that name (RFC 8601 section 5) and adds one to all that comes in. A
/// field that is not exactly in the grammar of section 2.2 counts for nothing, because the border
/// may not have taken it for one. Of each service the topmost field alone passes somebody, and only
/// in the topmost block, which is what stands above the first Received field and directly below it;
/// a field of an own service that says `dmarc=fail`, wherever it stands, outweighs all. At most 50
/// fields are read; one of more than 4,096 octets counts for nothing.
[[nodiscard]] bool is_authenticated(const mail::HeaderList& headers,
                                    const mail::Address& author,
                                    const std::vector<std::string>& services);

}  // namespace holdback::dsn
