// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl check`: judges addresses as the milter would.

#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/out_file.hpp"
#include "outbound/bulk.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

struct CheckOptions {
    std::vector<std::string> addresses;
    /// A list to check instead of addresses; "-" is standard input.
    std::optional<std::string> list;
    ListForm form = ListForm::Text;
    /// The column of the addresses; nullopt: found automatically.
    std::optional<std::string> column;
    /// The file for the list with the verdicts added.
    std::optional<std::string> out;
    Existing existing_out = Existing::Keep;
    /// nullopt: a list is judged as bulk mail, addresses as direct mail.
    std::optional<outbound::Stream> stream;
    /// The envelope sender; nullopt: nobody in particular, so that only global suppressions count.
    std::optional<mail::Address> sender;
    bool offline = false;
    mail::Smtputf8 utf8 = mail::Smtputf8::Yes;
};

/// `No` when the verdict about any address is hold, defer or reject.
[[nodiscard]] CommandResult check(const CommandContext& context, const CheckOptions& options);

}  // namespace holdback::milter::ctl
