// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts in which an address begins a line and the reason follows it.

#include "dsn/report.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// One address and the text that belongs to it.
struct AddressBlock {
    std::string address;
    std::string original;  ///< the address that was mailed, when the text names it separately
    std::string text;      ///< with its line ends; at most 4 KiB
};

/// The blocks of a text. Each begins with a line that starts with an address
/// ("<a@b>: …", "  a@b ...", "* a@b") and reaches to the next such line that is not indented
/// deeper. At most `kMostRecipients`.
[[nodiscard]] std::vector<AddressBlock> address_blocks(std::string_view text);

/// Everything behind the first mention of an address in a text; empty when there is none.
[[nodiscard]] std::string text_near(std::string_view text, std::string_view address);

/// Makes a recipient from a block. Reply, status, diagnostic and remote MTA are read from its text.
[[nodiscard]] RecipientReport recipient_of(const AddressBlock& block, Action action);

/// The host that a text names as "host mx.example.net[192.0.2.1] said", "while talking to
/// mx.example.net.:" and the like; empty when it names none.
[[nodiscard]] std::string remote_host_in(std::string_view text);

}  // namespace holdback::dsn
