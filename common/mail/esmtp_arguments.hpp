// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ESMTP arguments of MAIL and RCPT.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::mail {

/// The value of the argument `name`, in any letter case: "" for a keyword alone ("SMTPUTF8"),
/// nullopt when it is absent.
[[nodiscard]] std::optional<std::string_view> argument_value(
    const std::vector<std::string>& arguments, std::string_view name);

/// True when the sender wants to hear of a failure for a recipient with these arguments of RCPT: by
/// default, and where NOTIFY names FAILURE (RFC 3461 section 4.1).
[[nodiscard]] bool wants_failure_report(const std::vector<std::string>& arguments);

/// True when a DSN is to return the whole message (RET=FULL, RFC 3461 section 4.3). Never with
/// REQUIRETLS (RFC 8689 section 5).
[[nodiscard]] bool wants_whole_message(const std::vector<std::string>& arguments);

/// True when the message may travel only by TLS (RFC 8689).
[[nodiscard]] bool requires_tls(const std::vector<std::string>& arguments);

/// The argument BY (RFC 2852 section 4) after the message has waited: the time that is left, with
/// its mode, such as "3540;R". nullopt (of `deliver_by`) when it is absent or malformed.
struct DeliverBy {
    std::string value;
    /// In mode R the time is over: the message is to be returned, not sent.
    bool is_over = false;

    bool operator==(const DeliverBy&) const = default;
};
[[nodiscard]] std::optional<DeliverBy> deliver_by(const std::vector<std::string>& arguments,
                                                  std::chrono::seconds waited);

}  // namespace holdback::mail
