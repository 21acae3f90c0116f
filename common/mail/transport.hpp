// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells which transports (Postfix) and mailers (Sendmail) of an MTA do not look up a domain in DNS.

#include <string_view>

namespace holdback::mail {

/// True for names, in any letter case, that usually belong to a transport or mailer that delivers
/// on this host, hands on by LMTP, a program or UUCP, or ends the mail: "local", "lmtp", "pipe",
/// "*file*", "error", … The programs of Postfix that end mail without delivery are among them.
/// Every other name counts as one that speaks SMTP, since anybody may give a copy of Postfix's smtp
/// any name.
[[nodiscard]] bool is_local_transport(std::string_view name);

}  // namespace holdback::mail
