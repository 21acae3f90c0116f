// SPDX-License-Identifier: Apache-2.0
#pragma once
// The marks by which mail that Holdback writes is known to programs, and to other Holdbacks.

#include "terms/failure_code.hpp"

#include <string_view>

namespace holdback::terms {

/// On bounces that came in, on DSNs of our own: the gravest code. On notices, digests and other
/// letters of our own: `kInformational`.
inline constexpr std::string_view kCodeField = "X-Holdback-Code";

/// Nothing failed, and nothing is taught.
inline constexpr FailureCode kInformational{5999};

/// Begins the token of a notice, and so its Message-ID.
inline constexpr std::string_view kNoticeTokenMark = "hbn-";

}  // namespace holdback::terms
