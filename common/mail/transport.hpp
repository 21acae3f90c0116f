// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which of an MTA's transports (Postfix) and mailers (Sendmail) look for a domain in DNS.

#include <string_view>

namespace holdback::mail {

/// True for the names that usually belong to a transport or mailer that delivers on this host,
/// hands on by LMTP, a program or UUCP, or ends the mail: "local", "lmtp", "pipe", "*file*",
/// "error", … In any letter case. The
/// programs of Postfix that end mail without delivery are there too. Every other name counts as one
/// that speaks SMTP, since anybody may call a copy of Postfix's smtp what he likes.
[[nodiscard]] bool is_local_transport(std::string_view name);

}  // namespace holdback::mail
