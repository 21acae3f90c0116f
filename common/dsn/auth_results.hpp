// SPDX-License-Identifier: Apache-2.0
#pragma once
// What our own border says about the author of a message: Authentication-Results (RFC 8601).

#include "mail/address.hpp"
#include "mail/header.hpp"

#include <string>
#include <vector>

namespace holdback::dsn {

/// True when a field of one of these authentication services says that the message really comes
/// from the domain of `author`: `dmarc=pass` for it, or `dkim=pass` or `spf=pass` with exactly this
/// domain (the looser alignment of RFC 7489 section 3.1 is left to DMARC).
///
/// Any sender can write such fields. So the caller names its own services; its border removes
/// fields of these names (RFC 8601 section 5) and adds one to every message that comes in. A field
/// that breaks the grammar of section 2.2 does not count, because the border may not have
/// recognised it. A field of more than 4,096 octets does not count either. Only the topmost field
/// of a service can pass an author, and only in the topmost block: above the first Received field
/// and directly below it. A field of an own service with `dmarc=fail` outweighs all others,
/// wherever it stands. With more than 50 such fields nobody is authenticated.
[[nodiscard]] bool is_authenticated(const mail::HeaderList& headers,
                                    const mail::Address& author,
                                    const std::vector<std::string>& services);

}  // namespace holdback::dsn
