// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA's log tells of a delivery: one recipient of one message, one attempt.

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

/// How an attempt ended.
enum class DeliveryResult : std::uint8_t {
    Sent,      ///< the next hop has taken it, which may be a filter or a smart host
    Deferred,  ///< failed for now; the MTA tries again
    Bounced,   ///< failed for good
};

/// One attempt. Every text is the log's own, which is to say that parts of it were chosen by
/// senders and by other servers: escape it before it is shown.
struct MtaOutcome {
    core::TimePoint at;
    std::string queue_id;
    std::string recipient;  ///< as mailed, without brackets; quoted local parts keep their quotes
    /// The recipient before aliases and rewriting; empty when it is the same or not told.
    std::string original_recipient;
    /// Envelope sender without brackets; empty is the null sender, nullopt is not told.
    std::optional<std::string> sender;
    DeliveryResult result = DeliveryResult::Deferred;
    std::string relay;          ///< host name in lower case without trailing dot, or empty
    std::string relay_address;  ///< text of an IP address or path of a local socket, or empty
    int relay_port = 0;         ///< 0: not told
    std::string mailer;         ///< "smtp", "lmtp", "local", "esmtp", … in lower case
    std::optional<EnhancedStatus> status;
    std::optional<SmtpReply> reply;  ///< what the next hop said, where the line quotes it
    std::string text;                ///< the diagnostic text, with the reply and what is around it
    /// The line names other recipients as well: this is what became of all of them at once.
    bool named_together = false;

    bool operator==(const MtaOutcome&) const = default;
};

/// A message on its way: what the log tells of its sender.
struct QueuedMessage {
    std::string queue_id;
    std::string sender;  ///< without brackets; empty is the null sender

    bool operator==(const QueuedMessage&) const = default;
};

/// A message that the MTA has dropped because a milter told it to, or refused at its end: it has no
/// copy of it.
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

/// True when the attempt dealt with a server of the recipient's: by SMTP, with a relay that is in
/// none of `handed_on`, the networks of those that only hand mail on. LMTP, local sockets, local
/// delivery and programs are ours: RFC 2033 section 5 keeps LMTP to one's own network.
[[nodiscard]] bool reached_recipients_server(const MtaOutcome& outcome,
                                             std::span<const Network> handed_on);

/// True when that server has taken the message.
[[nodiscard]] bool is_acceptance(const MtaOutcome& outcome, std::span<const Network> handed_on);

/// The queue id under which an MTA took a message, out of its reply to the end of DATA ("250 2.0.0
/// Ok: queued as 4XkQ2z", "250 2.0.0 4ABC123 Message accepted for delivery"); nullopt when the
/// reply names none.
[[nodiscard]] std::optional<std::string> queue_id_in_reply(std::string_view reply);

}  // namespace holdback::mail
