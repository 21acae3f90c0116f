// SPDX-License-Identifier: Apache-2.0
#pragma once
// Marks on mail that Holdback writes, for programs and for other Holdbacks.

#include "terms/failure_code.hpp"

#include <string_view>

namespace holdback::terms {

/// On bounces that came in and on our own DSNs: the gravest code. On our own notices, digests and
/// other letters: `kInformational`.
inline constexpr std::string_view kCodeField = "X-Holdback-Code";

/// Nothing failed, and nothing is taught.
inline constexpr FailureCode kInformational{5999};

/// The start of a notice's token, and so of its Message-ID.
inline constexpr std::string_view kNoticeTokenMark = "hbn-";

}  // namespace holdback::terms
