// SPDX-License-Identifier: Apache-2.0
#include "reading/sendmail_status.hpp"

#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace holdback::reading {

mail::EnhancedStatus without_guess(const mail::EnhancedStatus& status,
                                   const std::optional<mail::SmtpReply>& reply) {
    struct Guess {
        int code;
        std::string_view status;
    };
    // smtprcptstat() of Sendmail 8.17.
    constexpr std::array<Guess, 4> kGuesses{
        Guess{550, "5.1.1"}, Guess{551, "5.1.6"}, Guess{552, "5.2.2"}, Guess{553, "5.1.3"}};
    if (!reply.has_value() || reply->status().has_value()) {
        return status;
    }
    const bool is_guess = std::ranges::any_of(kGuesses, [&](const Guess& guess) {
        return reply->code() == guess.code && status.text() == guess.status;
    });
    return is_guess ? mail::EnhancedStatus::parse("5.0.0").value_or(status) : status;
}

}  // namespace holdback::reading
