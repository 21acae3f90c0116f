// SPDX-License-Identifier: Apache-2.0
#include "maillog/sendmail_log.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "maillog/log_fields.hpp"
#include "maillog/log_line.hpp"
#include "reading/sendmail_status.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::maillog {

namespace {

constexpr std::string_view kTo = "to=";
constexpr std::string_view kFrom = "from=";
constexpr std::string_view kDropped = "Milter: data, discard";
constexpr std::string_view kRefused = "Milter: data, reject=";
// With a higher Milter.LogLevel the line also names the milter.
constexpr std::string_view kMilter = "milter=";
constexpr std::string_view kDiscard = ", discard";
// Sendmail keeps a line shorter than syslog allows. It splits a longer list of recipients.
constexpr std::size_t kMostRecipients = 1000;

/// Turns each "\\" into the one backslash that was meant. Sendmail doubles them in the log.
std::string without_doubled_backslashes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        if (text[i] == '\\' && text.substr(i + 1).starts_with('\\')) {
            ++i;
        }
    }
    return out;
}

/// The end of the item at the front of a list: a comma outside quotes, brackets and comments, or
/// the end of the text.
std::size_t end_of_item(std::string_view text) {
    bool quoted = false;
    bool bracketed = false;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\') {
            ++i;
        } else if (c == '"' && depth == 0) {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (c == '<' && depth == 0) {
            bracketed = true;
        } else if (c == '>') {
            bracketed = false;
        } else if (c == '(' && !bracketed) {
            ++depth;
        } else if (c == ')' && depth > 0) {
            --depth;
        } else if (c == ',' && !bracketed && depth == 0) {
            return i;
        }
    }
    return text.size();
}

/// An item without comments in front and space around it.
std::string_view without_leading_comments(std::string_view item) {
    item = core::trim(item);
    while (item.starts_with('(')) {
        const std::size_t close = item.find(')');
        if (close == std::string_view::npos) {
            return item;
        }
        item = core::trim(item.substr(close + 1));
    }
    return item;
}

/// The mailbox of an item: the part in angle brackets, otherwise all of it but comments in front.
std::string_view mailbox_in(std::string_view item) {
    bool quoted = false;
    for (std::size_t i = 0; i < item.size(); ++i) {
        if (item[i] == '\\') {
            ++i;
        } else if (item[i] == '"') {
            quoted = !quoted;
        } else if (item[i] == '<' && !quoted) {
            const auto close = closing_bracket(item.substr(i));
            return close.has_value() ? item.substr(i + 1, *close - 1) : std::string_view{};
        }
    }
    return without_leading_comments(item);
}

bool is_recipient(std::string_view mailbox) {
    const std::string_view bare = mailbox.starts_with('"') ? mailbox.substr(1) : mailbox;
    return !mailbox.empty() && !bare.starts_with('|') && !bare.starts_with('/') &&
           !bare.starts_with(":include:") && mailbox.find("...") == std::string_view::npos;
}

/// The recipients of a line, and the text behind their list.
struct Recipients {
    std::vector<std::string_view> mailboxes;
    std::string_view behind;  ///< from ", " on
};

Recipients read_recipients(std::string_view text) {
    Recipients found;
    while (true) {
        const std::size_t end = end_of_item(text);
        const std::string_view mailbox = mailbox_in(text.substr(0, end));
        if (is_recipient(mailbox) && found.mailboxes.size() < kMostRecipients) {
            found.mailboxes.push_back(mailbox);
        }
        // A comma alone separates recipients; a comma and a space separate fields.
        if (end == text.size() || text.substr(end).starts_with(", ")) {
            found.behind = text.substr(end);
            return found;
        }
        text.remove_prefix(end + 1);
    }
}

/// The fields behind the recipients.
struct Fields {
    std::string_view mailer;
    std::string_view relay;
    std::string_view dsn;
    std::string_view reply;
    std::string_view stat;
};

/// Reads what follows "dsn=": a reply, whose text is another server's, and the result.
void read_texts(std::string_view rest, Fields& fields) {
    constexpr std::string_view kReply = ", reply=";
    constexpr std::string_view kStat = ", stat=";
    const std::size_t stat = rest.rfind(kStat);
    if (rest.starts_with(kReply)) {
        const std::size_t end =
            std::max(stat == std::string_view::npos ? rest.size() : stat, kReply.size());
        fields.reply = rest.substr(kReply.size(), end - kReply.size());
        fields.stat = stat == std::string_view::npos ? "" : rest.substr(stat + kStat.size());
        return;
    }
    // Other fields (ntries, tls_verify) may stand in between. The first "stat=" is the real one.
    if (const std::size_t first = rest.find(kStat); first != std::string_view::npos) {
        fields.stat = rest.substr(first + kStat.size());
    }
}

/// Reads ", key=value" up to "dsn"; nullopt when there is no "dsn".
std::optional<Fields> read_fields(std::string_view rest) {
    Fields fields;
    while (rest.starts_with(", ")) {
        rest.remove_prefix(2);
        if (rest.starts_with("[more]")) {
            rest.remove_prefix(6);
            continue;
        }
        const std::size_t end = rest.starts_with("ctladdr=")
                                    ? end_of_item(rest)
                                    : std::min(rest.find(", "), rest.size());
        const std::string_view field = rest.substr(0, end);
        rest.remove_prefix(end);
        if (field.starts_with("mailer=")) {
            fields.mailer = field.substr(7);
        } else if (field.starts_with("relay=")) {
            fields.relay = field.substr(6);
        } else if (field.starts_with("stat=") || field.starts_with("reply=")) {
            return std::nullopt;
        } else if (field.starts_with("dsn=")) {
            fields.dsn = field.substr(4);
            read_texts(rest, fields);
            return fields;
        }
    }
    return std::nullopt;
}

std::optional<mail::DeliveryResult> result_of(const mail::EnhancedStatus& status,
                                              std::string_view stat) {
    if (status.is_permanent()) {
        return mail::DeliveryResult::Bounced;
    }
    if (status.is_transient()) {
        return mail::DeliveryResult::Deferred;
    }
    // The others of this class: an alias was expanded, or a message was queued.
    return stat.starts_with("Sent") ? std::optional(mail::DeliveryResult::Sent) : std::nullopt;
}

/// Sets the text, and the reply whose class is that of the status. A line may also quote the answer
/// to a later command.
void set_texts(mail::MtaOutcome& outcome, const Fields& fields, int status_class) {
    constexpr std::string_view kDeferred = "Deferred: ";
    const std::string_view behind_stat =
        fields.stat.starts_with(kDeferred) ? fields.stat.substr(kDeferred.size()) : fields.stat;
    outcome.text = std::string(fields.stat);
    for (const std::string_view text : {fields.reply, behind_stat}) {
        const std::optional<mail::SmtpReply> reply = leading_reply(text);
        if (reply.has_value() && reply->code() / 100 == status_class) {
            outcome.reply = reply;
            outcome.text = std::string(text);
            return;
        }
    }
}

std::vector<mail::MtaOutcome> read_deliveries(const LogLine& line, const QueueLine& queued) {
    const Recipients to = read_recipients(queued.rest.substr(kTo.size()));
    const std::optional<Fields> fields = read_fields(to.behind);
    if (!fields.has_value()) {
        return {};
    }
    const auto status = mail::EnhancedStatus::parse(fields->dsn);
    const auto result = status.has_value() ? result_of(*status, fields->stat) : std::nullopt;
    if (!result.has_value()) {
        return {};
    }
    mail::MtaOutcome common;
    common.at = line.at;
    common.queue_id = std::string(queued.queue_id);
    common.result = *result;
    common.mailer = core::to_lower(fields->mailer);
    set_relay(common, fields->relay);
    set_texts(common, *fields, status->status_class());
    common.status = reading::without_guess(*status, common.reply);
    common.named_together = to.mailboxes.size() > 1;
    std::vector<mail::MtaOutcome> outcomes;
    outcomes.reserve(to.mailboxes.size());
    for (const std::string_view mailbox : to.mailboxes) {
        mail::MtaOutcome outcome = common;
        outcome.recipient = std::string(mailbox);
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

std::optional<mail::QueuedMessage> read_sender(const QueueLine& queued) {
    const std::string_view rest = queued.rest.substr(kFrom.size());
    const std::size_t end = end_of_item(rest);
    if (!rest.substr(end).starts_with(", size=")) {
        return std::nullopt;
    }
    return mail::QueuedMessage{.queue_id = std::string(queued.queue_id),
                               .sender = std::string(mailbox_in(rest.substr(0, end)))};
}

/// The name behind the last "relay=" is Sendmail's own. It is a socket when the input of
/// sendmail(1) is one, and also for a service on a local socket, which has a name.
Intake read_intake(std::string_view rest) {
    constexpr std::string_view kRelay = ", relay=";
    const std::size_t at = rest.rfind(kRelay);
    if (at == std::string_view::npos) {
        return Intake::NotTold;
    }
    const std::string_view relay = rest.substr(at + kRelay.size());
    const bool is_socket =
        relay.ends_with("[[UNIX: localhost]]") && rest.find(", daemon=") == std::string_view::npos;
    return relay.ends_with("@localhost") || is_socket ? Intake::Program : Intake::NotTold;
}

LogFacts read_plain_line(const LogLine& line) {
    const std::optional<QueueLine> queued = split_queue_id(line.message);
    if (!queued.has_value()) {
        return {};
    }
    if (queued->rest.starts_with(kTo)) {
        return {.outcomes = read_deliveries(line, *queued),
                .queued = std::nullopt,
                .dropped = std::nullopt,
                .intake = line.program.starts_with("sm-msp") ? Intake::Program : Intake::NotTold};
    }
    if (queued->rest.starts_with(kFrom)) {
        return {.outcomes = {},
                .queued = read_sender(*queued),
                .dropped = std::nullopt,
                .intake = read_intake(queued->rest)};
    }
    if (queued->rest.starts_with(kRefused)) {
        LogFacts facts;
        facts.refused =
            mail::DroppedMessage{.queue_id = std::string(queued->queue_id), .at = line.at};
        return facts;
    }
    if (queued->rest == kDropped ||
        (queued->rest.starts_with(kMilter) && queued->rest.ends_with(kDiscard))) {
        return {.outcomes = {},
                .queued = std::nullopt,
                .dropped =
                    mail::DroppedMessage{.queue_id = std::string(queued->queue_id), .at = line.at}};
    }
    return {};
}

}  // namespace

LogFacts read_sendmail_line(const LogLine& line) {
    if (line.message.find('\\') == std::string_view::npos) {
        return read_plain_line(line);
    }
    const std::string message = without_doubled_backslashes(line.message);
    return read_plain_line({.at = line.at, .program = line.program, .message = message});
}

}  // namespace holdback::maillog
