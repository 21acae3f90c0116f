// SPDX-License-Identifier: Apache-2.0
#pragma once
// The transcript that Sendmail and its relatives put into their bounces.

#include "dsn/report.hpp"

#include <string_view>
#include <vector>

namespace holdback::dsn {

/// The recipients of "The following addresses had … errors" with the replies in the transcript;
/// without that list, the recipients of the transcript itself. Actions stay `Failed`.
[[nodiscard]] std::vector<RecipientReport> read_sendmail_transcript(std::string_view text);

}  // namespace holdback::dsn
