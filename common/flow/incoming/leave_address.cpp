// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/leave_address.hpp"

#include "config/settings.hpp"
#include "dsn/leave_token.hpp"
#include "dsn/seal.hpp"
#include "flow/passing_message.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace holdback::flow::incoming {

std::optional<std::string> unsubscribe_field(const PassingMessage& message,
                                             const outbound::StreamDecision& stream,
                                             std::span<const std::size_t> positions,
                                             const dsn::SealKeys& keys) {
    const mail::Envelope& envelope = message.envelope;
    const mail::HeaderList& headers = message.headers;
    const config::Settings& settings = message.settings();
    const auto* const sender = std::get_if<mail::Address>(&envelope.sender);
    if (settings.mode != config::Mode::Enforce || settings.unsubscribe.add.empty() ||
        keys.empty() || sender == nullptr || !stream.is_bulk() || positions.size() != 1 ||
        headers.has(kUnsubscribeField) || headers.has("DKIM-Signature")) {
        return std::nullopt;
    }
    const mail::Recipient& recipient = envelope.recipients.at(positions.front());
    return recipient.syntax.has_value()
               ? dsn::leave_field(
                     settings.unsubscribe.add, recipient.syntax->value, *sender, keys.back())
               : std::nullopt;
}

}  // namespace holdback::flow::incoming
