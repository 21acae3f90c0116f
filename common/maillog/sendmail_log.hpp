// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Sendmail writes to the mail log about deliveries.

#include "maillog/log_line.hpp"

namespace holdback::maillog {

/// Reads what Sendmail says: one outcome for each recipient of a line. Recipients are read as lists
/// of RFC 5321 paths with their quotes, and whether a delivery failed is told by "dsn=", which
/// stands in front of every text of other servers: so neither can pretend to be something else.
/// Lines without "dsn=" ("stat=queued", "stat=quarantined") are no outcomes; nor are recipients
/// that were cut ("<aaa...zzz>"), files and programs. A message came by sendmail(1) when its line
/// names a user, or a socket and no service, in place of a host ("relay=root@localhost"), or when
/// the client's own name for itself is that of the line ("sm-msp", "sm-msp-queue").
[[nodiscard]] LogFacts read_sendmail_line(const LogLine& line);

}  // namespace holdback::maillog
