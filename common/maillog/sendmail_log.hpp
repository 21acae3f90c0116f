// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads what Sendmail logs about deliveries.

#include "maillog/log_line.hpp"

namespace holdback::maillog {

/// Reads a line of Sendmail, with one outcome for each recipient. Recipients are read as lists of
/// RFC 5321 paths with their quotes. "dsn=" tells whether a delivery failed, and stands in front of
/// all text of other servers. So neither can pass for something else. Lines without "dsn="
/// ("stat=queued", "stat=quarantined") are no outcomes, nor are cut recipients ("<aaa...zzz>"),
/// files and programs. A message came by sendmail(1) when its line names a user in place of a host
/// ("relay=root@localhost"), or a socket without a service, or when the line is from a client that
/// calls itself "sm-msp" or "sm-msp-queue".
[[nodiscard]] LogFacts read_sendmail_line(const LogLine& line);

}  // namespace holdback::maillog
