// SPDX-License-Identifier: Apache-2.0
#pragma once
// Messages out of files, mailboxes in mbox form, directories and standard input.

#include <cstddef>
#include <functional>
#include <istream>
#include <string>
#include <vector>

namespace holdback::milter {

/// One message of a file.
struct MailText {
    std::string octets;  ///< cut where it is longer than asked for
    std::size_t number;  ///< within its file, from 1
    bool alone;          ///< the file has no other
};

/// Gives the messages of a stream one after the other, each cut at `most_octets`. A stream is a
/// mailbox when it begins with a "From " line; a further message begins where a line like
/// "From sender Mon Jan  1 00:00:00 2024" follows an empty line and a header field follows it
/// (RFC 4155). Everything else is one message.
void read_mail(std::istream& in,
               std::size_t most_octets,
               const std::function<void(const MailText&)>& take);

/// Files as they are, directories replaced by the regular files in and below them in the order of
/// their paths. Directories that cannot be read go to `unreadable`.
[[nodiscard]] std::vector<std::string> expand_paths(const std::vector<std::string>& paths,
                                                    std::vector<std::string>& unreadable);

}  // namespace holdback::milter
