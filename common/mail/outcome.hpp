// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA's log says of a delivery: one recipient of one message, one attempt.

#include "core/clock.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/ip_address.hpp"
#include "mail/smtp_reply.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdback::mail {

/// The end of an attempt.
enum class DeliveryResult : std::uint8_t {
    Sent,      ///< the next hop took it; it may be a filter or a smart host
    Deferred,  ///< failed for now; the MTA tries again
    Bounced,   ///< failed for good
};

/// One attempt. Every text is the log's own, and senders and other servers chose parts of it:
/// escape it before it is shown.
struct MtaOutcome {
    core::TimePoint at;
    std::string queue_id;
    std::string recipient;  ///< as mailed, without brackets; quoted local parts keep their quotes
    /// The recipient before aliases and rewriting; empty when it is the same or not given.
    std::string original_recipient;
    /// Envelope sender without brackets; "" is the null sender, nullopt means not given.
    std::optional<std::string> sender;
    DeliveryResult result = DeliveryResult::Deferred;
    std::string relay;          ///< host name in lower case without trailing dot, or empty
    std::string relay_address;  ///< text of an IP address or path of a local socket, or empty
    int relay_port = 0;         ///< 0: not given
    std::string mailer;         ///< "smtp", "lmtp", "local", "esmtp", … in lower case
    std::optional<EnhancedStatus> status;
    std::optional<SmtpReply> reply;  ///< the next hop's reply, where the line quotes it
    std::string text;                ///< the diagnostic text: the reply and the words around it
    /// The line names other recipients as well: this outcome is that of all of them at once.
    bool named_together = false;

    bool operator==(const MtaOutcome&) const = default;
};

/// A message on its way, with the sender that the log gives.
struct QueuedMessage {
    std::string queue_id;
    std::string sender;  ///< without brackets; empty is the null sender

    bool operator==(const QueuedMessage&) const = default;
};

/// A message that the MTA dropped because a milter told it to, or refused at its end: the MTA has
/// no copy of it.
struct DroppedMessage {
    std::string queue_id;
    core::TimePoint at;

    bool operator==(const DroppedMessage&) const = default;
};

[[nodiscard]] std::string_view wire_name(DeliveryResult result);
[[nodiscard]] std::optional<DeliveryResult> parse_delivery_result(std::string_view name);

/// The name under which the stores know a recipient: `Address::key()`, or the text in lower case
/// when it is no address (a local user, a program).
[[nodiscard]] std::string recipient_key(std::string_view recipient);

/// The domain of a key as `recipient_key` makes it; empty when it has none.
[[nodiscard]] std::string_view recipient_domain(std::string_view key);

/// True when the attempt dealt with a server of the recipient's: by SMTP, with a relay that is not
/// in `handed_on`, the networks of relays that only hand mail on. LMTP, local sockets, local
/// delivery and programs are ours: RFC 2033 section 5 keeps LMTP to one's own network.
[[nodiscard]] bool reached_recipients_server(const MtaOutcome& outcome,
                                             std::span<const Network> handed_on);

/// True when that server took the message.
[[nodiscard]] bool is_acceptance(const MtaOutcome& outcome, std::span<const Network> handed_on);

/// The queue id under which an MTA took a message, from its reply to the end of DATA ("250 2.0.0
/// Ok: queued as 4XkQ2z", "250 2.0.0 4ABC123 Message accepted for delivery"); nullopt when the
/// reply names none.
[[nodiscard]] std::optional<std::string> queue_id_in_reply(std::string_view reply);

}  // namespace holdback::mail
