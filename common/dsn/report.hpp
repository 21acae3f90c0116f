// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a message says about the delivery of others: its kind, and the outcome of each recipient.

#include "dsn/message_view.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

enum class MessageKind : std::uint8_t {
    Dsn,          ///< RFC 3464 or RFC 6533
    Bounce,       ///< a failure in any other form
    AutoReply,    ///< RFC 3834: vacation, out of office
    Challenge,    ///< asks the sender for a confirmation
    Complaint,    ///< RFC 5965 feedback report, type abuse
    Mdn,          ///< RFC 8098 disposition notification
    Unsubscribe,  ///< a request to be taken off a list
    Report,       ///< a report for the sender's operator: RFC 5965 of another type, DMARC, TLS
    /// A letter that a Holdback wrote and marked as such: a notice, its confirmation, a digest. The
    /// failures that it quotes are no failure report.
    Informational,
    Ordinary,
};

/// RFC 3464 section 2.3.3.
enum class Action : std::uint8_t { Failed, Delayed, Delivered, Relayed, Expanded };

/// What a report says about one recipient. Texts are UTF-8, unfolded, and empty when absent.
struct RecipientReport {
    std::string original_recipient;  ///< the address that we mailed, without its type
    std::string final_recipient;
    Action action = Action::Failed;
    std::optional<mail::EnhancedStatus> status;
    std::string status_comment;  ///< the reporting MTA's words behind the status, without brackets
    std::optional<mail::SmtpReply> reply;  ///< the remote server's SMTP reply, when one was quoted
    std::string diagnostic;                ///< diagnostic text, without its type
    std::string remote_mta;

    /// The original recipient if there is one, otherwise the final recipient.
    [[nodiscard]] const std::string& recipient() const {
        return original_recipient.empty() ? final_recipient : original_recipient;
    }
    /// The final recipient when it differs from `recipient()`, such as a member of the list that
    /// was mailed; otherwise empty.
    [[nodiscard]] std::string_view behind() const;
    bool operator==(const RecipientReport&) const = default;
};

/// What came back of the message that the report is about.
struct ReturnedMessage {
    std::string message_id;
    std::string sender;  ///< header From of the returned message, or X-Postfix-Sender and the like
    mail::HeaderList headers;
};

/// A report, parsed.
struct Report {
    MessageKind kind = MessageKind::Ordinary;
    std::vector<std::string> reasons;  ///< why this kind, e.g. "multipart/report", "qmail text"
    std::string reporting_mta;
    std::string envelope_id;  ///< Original-Envelope-Id
    std::string queue_id;     ///< X-Postfix-Queue-ID and the like: the reporting MTA's own id
    std::vector<RecipientReport> recipients;
    ReturnedMessage returned;
    /// True when the recipients were read from plain text and not from fields made for them.
    bool inferred = false;
    /// The text for human readers, for classifying reports whose fields say too little.
    std::string human_text;
};

/// Finds the kind of a message and reads what it reports. Never fails; a message that reports
/// nothing is `Ordinary`.
[[nodiscard]] Report read_report(const MessageView& message);

[[nodiscard]] std::string_view wire_name(MessageKind kind);
[[nodiscard]] std::string_view wire_name(Action action);
[[nodiscard]] std::optional<Action> parse_action(std::string_view text);

}  // namespace holdback::dsn
