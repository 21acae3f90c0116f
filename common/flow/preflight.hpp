// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message that is only asked about: nothing leaves, and the answer comes back by mail.

#include "core/result.hpp"
#include "flow/outbound_flow.hpp"
#include "flow/own_mail.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"

#include <string>
#include <string_view>

namespace holdback::flow {

/// Asks for a preflight when its value is "yes". It means something on mail of authenticated
/// senders alone; wherever it stands, it does not leave.
inline constexpr std::string_view kPreflightField = "X-Holdback-Preflight";

[[nodiscard]] bool asks_for_preflight(const Submitting& who, const mail::HeaderList& headers);

/// What answering takes; all outlives the call.
struct PreflightParts {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    OwnMail& own_mail;
    const ports::MessageReader& reader;
    ports::Log& log;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

/// Makes the report about a decided message durable, on its way to the envelope sender, and writes
/// the log line. Only after this may the message be discarded. The error is a text for the log.
[[nodiscard]] core::Result<void, std::string> answer_preflight(const PreflightParts& parts,
                                                               const Submitting& who,
                                                               const mail::Envelope& envelope,
                                                               const mail::HeaderList& headers,
                                                               const MessageDecision& decision);

}  // namespace holdback::flow
