// SPDX-License-Identifier: Apache-2.0
#include "milter/session/session_message.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/tag.hpp"
#include "mail/header.hpp"
#include "mail/smtp_reply.hpp"
#include "milter/session/mta_actions.hpp"
#include "outbound/plan.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace holdback::milter::session {

bool SessionMessage::has_reserved_fields() const {
    return std::ranges::any_of(mail.headers.fields(), [](const mail::HeaderField& field) {
        return dsn::is_reserved_field(field.name);
    });
}

bool SessionMessage::gone_to_nobody() const {
    if (course != Course::Split) {
        return false;
    }
    const auto& split = std::get<outbound::Split>(decision->plan.what);
    return split.pass.empty() || split.reinject_passing;
}

void SessionMessage::say(ports::Log& log, ports::Severity severity, std::string_view what) const {
    log.write(severity, fmt::format("session={} {}", core::log_safe(mail.who.session_id), what));
}

SessionReply error_reply(config::ErrorAnswer wanted) {
    switch (wanted) {
        case config::ErrorAnswer::Accept:
            return Accept{};
        case config::ErrorAnswer::Tempfail:
            return Answer{
                mail::SmtpReply::own(451, "4.3.0", "mail filter trouble, try again later")};
        case config::ErrorAnswer::Reject:
            return Answer{mail::SmtpReply::own(554, "5.3.0", "mail filter trouble")};
    }
    return Accept{};
}

}  // namespace holdback::milter::session
