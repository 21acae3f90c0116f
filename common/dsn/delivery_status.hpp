// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fields of a delivery status (RFC 3464, RFC 6533) as they are found in the wild.

#include "dsn/report.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// The most recipients that are read from one message.
inline constexpr std::size_t kMostRecipients = 1000;

/// A delivery status, parsed. Texts are empty when their field is absent.
struct DeliveryStatus {
    std::string reporting_mta;
    std::string envelope_id;
    std::string queue_id;
    std::string sender;  ///< X-Postfix-Sender and the like, without its type
    std::vector<RecipientReport> recipients;
};

/// Reads the text of a message/delivery-status part. Names and values compare without regard to
/// case. Folded lines, missing or extra blank lines between the groups, stray lines and unknown
/// fields do no harm. A group without an action is `Delivered` by a status of class 2, `Delayed` by
/// Will-Retry-Until, otherwise `Failed`.
[[nodiscard]] DeliveryStatus parse_delivery_status(std::string_view text);

/// True when a text holds the fields of a delivery status without the MIME part for them.
[[nodiscard]] bool has_status_fields(std::string_view text);

/// The address in a recipient field, without its type ("rfc822;"), angle brackets and comments. The
/// \x{NNNN} escapes of type utf-8 are resolved (RFC 6533 section 3).
[[nodiscard]] std::string recipient_address(std::string_view field_value);

/// Fills `reply` and `diagnostic`, and `status` where it is still unknown, from a diagnostic text.
void set_diagnostic(RecipientReport& recipient, std::string_view text);

}  // namespace holdback::dsn
