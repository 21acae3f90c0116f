// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recognizes a sender whose address differs for each recipient (VERP).

#include <string>
#include <string_view>

namespace holdback::mail {

/// The name under which a sender's messages are counted together: the address in lower case,
/// without the parts that differ for each recipient. These are all after a "+", all from the first
/// "-" or "=" before a number or another address on, and a local part that is only a long token.
[[nodiscard]] std::string folded_sender(std::string_view sender);

/// The same for a message to one recipient. First the part of the sender's local part that names
/// this recipient goes, in whatever form ("bo=example.net", "bounce.bo.example.net.17").
[[nodiscard]] std::string folded_sender(std::string_view sender, std::string_view recipient);

/// The sender under which the recipients of one campaign are reported together. It is folded where
/// the local part names this recipient or is only a token; else it stays, since two numbers may be
/// two people.
[[nodiscard]] std::string verp_sender(std::string_view sender, std::string_view recipient);

/// The name for a sender's share of the spool: the SASL user, else the sender as above. `recipient`
/// is the only one of the message; empty: it has several.
[[nodiscard]] std::string spool_sharer(std::string_view user,
                                       std::string_view sender,
                                       std::string_view recipient);

}  // namespace holdback::mail
