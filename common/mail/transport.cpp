// SPDX-License-Identifier: Apache-2.0
#include "mail/transport.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdback::mail {

bool is_local_transport(std::string_view name) {
    // The programs of Postfix, the mailers of Sendmail's cf/README, and the transports of Debian's
    // master.cf and of packages that are usually installed beside it. Postfix's qmgr and cleanup
    // end mail too, and say so in the log.
    constexpr std::array<std::string_view, 36> kNames{
        "qmgr",      "cleanup",    "local",    "virtual",    "lmtp",   "pipe",
        "error",     "retry",      "discard",  "spawn",      "prog",   "*file*",
        "*include*", "*error*",    "procmail", "maildrop",   "cyrus",  "cyrusv2",
        "cyrusbb",   "cyrus-unix", "dovecot",  "mailman",    "uucp",   "suucp",
        "uucp-old",  "uucp-new",   "uucp-dom", "uucp-uudom", "ifmail", "bsmtp",
        "usenet",    "fax",        "mail11",   "phquery",    "qpage",  "scalemail-backend"};
    return std::ranges::any_of(
        kNames, [name](std::string_view known) { return core::equals_ignoring_case(name, known); });
}

}  // namespace holdback::mail
