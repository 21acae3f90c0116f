// SPDX-License-Identifier: Apache-2.0
#pragma once
// Knows a sender again that has another address for each recipient (VERP).

#include <string>
#include <string_view>

namespace holdback::mail {

/// Under which name the messages of a sender are counted together: the address in lower case,
/// without what makes it another one for each recipient: what follows a "+", from the first "-" or
/// "=" before a number or another address on, and a local part that is nothing but a long token.
[[nodiscard]] std::string folded_sender(std::string_view sender);

/// The same for a message to one recipient: what a sender's local part says of this very address,
/// in whatever form ("bo=example.net", "bounce.bo.example.net.17"), goes first.
[[nodiscard]] std::string folded_sender(std::string_view sender, std::string_view recipient);

/// The sender under which the recipients of one campaign are told of together: folded, where the
/// local part names this recipient or is nothing but a token; else the sender as he is, for two
/// numbers may be two people.
[[nodiscard]] std::string verp_sender(std::string_view sender, std::string_view recipient);

/// By whom the spool is shared: the SASL user, else the sender as above. `recipient` is the only
/// one of the message; empty: it has several.
[[nodiscard]] std::string spool_sharer(std::string_view user,
                                       std::string_view sender,
                                       std::string_view recipient);

}  // namespace holdback::mail
