// SPDX-License-Identifier: Apache-2.0
#pragma once
// Submission over SMTP.

#include "core/clock.hpp"
#include "ports/submitter.hpp"

#include <string>
#include <vector>

namespace holdback::io::submit {

/// Submits to the server at host and port, one connection and one transaction per message (RFC
/// 5321). Uses the extensions that the server offers: BODY (RFC 6152), SMTPUTF8 (RFC 6531), ENVID,
/// RET, NOTIFY and ORCPT (RFC 3461), REQUIRETLS (RFC 8689), BY (RFC 2852), MT-PRIORITY (RFC 6710).
/// Other arguments of MAIL and RCPT are left out. When SMTPUTF8 was declared but is not offered,
/// addresses outside ASCII are refused with 5.6.7, and the message goes to the others without the
/// declaration; eight-bit content goes out as it is. Bare LF becomes CRLF, other octets stay as
/// they are.
class SmtpSubmitter final : public ports::Submitter {
public:
    SmtpSubmitter(std::string host, std::string port, std::string helo_name)
        : host_(std::move(host)), port_(std::move(port)), helo_name_(std::move(helo_name)) {}

    [[nodiscard]] std::vector<ports::RecipientOutcome> submit(const ports::Submission& submission,
                                                              core::SteadyPoint deadline) override;

private:
    std::string host_;
    std::string port_;
    std::string helo_name_;
};

}  // namespace holdback::io::submit
