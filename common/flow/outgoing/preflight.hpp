// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message that is only asked about: nothing leaves, and the answer comes back by mail.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/own_mail.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::flow::outgoing {

/// Asks for a preflight when its value is "yes" and the sender has logged in. Outgoing mail that
/// asks for it in vain is refused, because it was not meant to leave; "no" asks for nothing.
/// Wherever the field stands, it does not leave.
inline constexpr std::string_view kPreflightField = "X-Holdback-Preflight";

enum class PreflightWish : std::uint8_t {
    None,
    Asked,
    NoLogin,   ///< of a client that has not logged in
    NotClear,  ///< the value is neither "yes" nor "no"
};

[[nodiscard]] PreflightWish preflight_wish(const Submitting& who, const mail::HeaderList& headers);

/// Why a preflight is refused, with what to do; for `NoLogin` and `NotClear`.
[[nodiscard]] std::string_view preflight_refusal(PreflightWish wish);

/// What answering takes; all outlives the call.
struct PreflightParts {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    OwnMail& own_mail;
    const ports::MessageReader& reader;
    ports::Log& log;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

/// Makes the report about a decided message durable, on its way from the notice address to the
/// envelope sender, and writes the log line. Only after this may the message be discarded. The
/// error is a text for the log.
[[nodiscard]] core::Result<void, std::string> answer_preflight(
    const PreflightParts& parts,
    const Submitting& who,
    const mail::Envelope& envelope,
    const mail::HeaderList& headers,
    const MessageDecision& decision,
    const config::NoticeSettings& notice);

}  // namespace holdback::flow::outgoing
