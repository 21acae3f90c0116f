// SPDX-License-Identifier: Apache-2.0
#include "milter/session/sendmail_arguments.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace holdback::milter::session {

bool is_sendmail(std::string_view version) {
    return !version.empty() && !version.starts_with("Postfix");
}

std::string forgotten_arguments(std::span<const std::string> arguments) {
    // Those that reset_mail_esmtp_args() of Sendmail 8.17 resets, except ENVID: it is why the
    // sender is set.
    constexpr std::array<std::string_view, 4> kForgotten{"body=", "ret=", "auth=", "by="};
    std::string again;
    for (const std::string& argument : arguments) {
        const std::string lower = core::to_lower(argument);
        if (std::ranges::any_of(kForgotten,
                                [&](std::string_view name) { return lower.starts_with(name); })) {
            again += argument;
            again += ' ';
        }
    }
    return again;
}

}  // namespace holdback::milter::session
