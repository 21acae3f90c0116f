// SPDX-License-Identifier: Apache-2.0
#include "maillog/postfix_log.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "maillog/log_fields.hpp"
#include "maillog/log_line.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::maillog {

namespace {

constexpr std::string_view kTo = "to=<";
constexpr std::string_view kFrom = "from=<";
constexpr std::string_view kDropped = "milter-discard: END-OF-MESSAGE from ";
constexpr std::string_view kRefusedByMilter = "milter-reject: END-OF-MESSAGE from ";
constexpr std::string_view kRefusedByCleanup = "reject: ";
constexpr std::string_view kRefusedBySmtpd = "reject: END-OF-MESSAGE from ";

std::string_view last_component(std::string_view program) {
    return program.substr(program.rfind('/') + 1);
}

/// An address in brackets that follows a key, and the text behind it.
struct Bracketed {
    std::string_view address;
    std::string_view behind;
};

std::optional<Bracketed> take_bracketed(std::string_view text, std::string_view key) {
    const std::string_view from_bracket = text.substr(key.size() - 1);
    const std::optional<std::size_t> close = closing_bracket(from_bracket);
    if (!close.has_value()) {
        return std::nullopt;
    }
    return Bracketed{.address = from_bracket.substr(1, *close - 1),
                     .behind = from_bracket.substr(*close + 1)};
}

/// The fields between the recipient and the text.
struct Fields {
    std::string_view original;
    std::string_view relay;
    std::string_view dsn;
    std::string_view status;
    std::string_view text;  ///< between the parentheses
};

std::string_view in_parentheses(std::string_view text) {
    if (!text.starts_with(" (")) {
        return {};
    }
    text.remove_prefix(2);
    // A cut line has no closing parenthesis.
    return text.ends_with(')') ? text.substr(0, text.size() - 1) : text;
}

/// Reads ", key=value" up to "status", which is the last one. Unknown keys are skipped, because
/// later versions of Postfix may have more.
std::optional<Fields> read_fields(std::string_view rest) {
    constexpr std::string_view kOriginal = ", orig_to=<";
    Fields fields;
    if (rest.starts_with(kOriginal)) {
        const auto original = take_bracketed(rest, kOriginal);
        if (!original.has_value()) {
            return std::nullopt;
        }
        fields.original = original->address;
        rest = original->behind;
    }
    while (rest.starts_with(", ")) {
        rest.remove_prefix(2);
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view key = rest.substr(0, equals);
        rest.remove_prefix(equals + 1);
        if (key == "status") {
            const std::size_t end = rest.find(' ');
            fields.status = rest.substr(0, end);
            fields.text = in_parentheses(rest.substr(fields.status.size()));
            return fields;
        }
        const std::string_view value = rest.substr(0, rest.find(", "));
        if (key == "relay") {
            fields.relay = value;
        } else if (key == "dsn") {
            fields.dsn = value;
        }
        rest.remove_prefix(value.size());
    }
    return std::nullopt;
}

/// The reply that the text quotes: "250 2.0.0 Ok", or "host mx[192.0.2.1] said: 550 5.1.1 No (in
/// reply to RCPT TO command)".
std::optional<mail::SmtpReply> quoted_in(std::string_view text) {
    constexpr std::string_view kSaid = " said: ";
    constexpr std::string_view kRefused = " refused to talk to me: ";
    if (text.starts_with("host ")) {
        // The host's name and address have no spaces, so the reply begins at the first mark.
        const std::size_t end_of_host = text.find(' ', 5);
        const std::string_view behind =
            end_of_host == std::string_view::npos ? "" : text.substr(end_of_host);
        if (behind.starts_with(kSaid)) {
            const std::string_view said = behind.substr(kSaid.size());
            return leading_reply(said.substr(0, said.rfind(" (in reply to ")));
        }
        return behind.starts_with(kRefused) ? leading_reply(behind.substr(kRefused.size()))
                                            : std::nullopt;
    }
    return leading_reply(text);
}

LogFacts read_delivery(const LogLine& line, const QueueLine& queued) {
    const auto to = take_bracketed(queued.rest, kTo);
    const auto fields = to.has_value() ? read_fields(to->behind) : std::nullopt;
    if (!fields.has_value() || to->address.empty()) {
        return {};
    }
    const std::optional<mail::DeliveryResult> result = mail::parse_delivery_result(fields->status);
    if (!result.has_value()) {
        return {};
    }
    mail::MtaOutcome outcome;
    outcome.at = line.at;
    outcome.queue_id = std::string(queued.queue_id);
    outcome.recipient = std::string(to->address);
    outcome.original_recipient = std::string(fields->original);
    outcome.result = *result;
    outcome.mailer = core::to_lower(last_component(line.program));
    set_relay(outcome, fields->relay);
    if (const auto status = mail::EnhancedStatus::parse(fields->dsn)) {
        outcome.status = *status;
    }
    outcome.reply = quoted_in(fields->text);
    outcome.text = std::string(fields->text);
    LogFacts facts;
    facts.outcomes.push_back(std::move(outcome));
    return facts;
}

/// True for a refusal by a milter, by header_checks, or by a restriction at the end of the data.
bool is_refused(std::string_view rest, std::string_view program) {
    return program == "cleanup"
               ? rest.starts_with(kRefusedByMilter) || rest.starts_with(kRefusedByCleanup)
               : program == "smtpd" && rest.starts_with(kRefusedBySmtpd);
}

LogFacts read_sender(const QueueLine& queued) {
    const auto from = take_bracketed(queued.rest, kFrom);
    if (!from.has_value() || !from->behind.starts_with(", size=")) {
        return {};
    }
    return {.outcomes = {},
            .queued = mail::QueuedMessage{.queue_id = std::string(queued.queue_id),
                                          .sender = std::string(from->address)},
            .dropped = std::nullopt};
}

}  // namespace

LogFacts read_postfix_line(const LogLine& line) {
    const std::optional<QueueLine> queued = split_queue_id(line.message);
    if (!queued.has_value()) {
        return {};
    }
    if (queued->rest.starts_with(kTo)) {
        return read_delivery(line, *queued);
    }
    if (queued->rest.starts_with(kFrom) && last_component(line.program) == "qmgr") {
        return read_sender(*queued);
    }
    if (is_refused(queued->rest, last_component(line.program))) {
        LogFacts facts;
        facts.refused =
            mail::DroppedMessage{.queue_id = std::string(queued->queue_id), .at = line.at};
        return facts;
    }
    if (queued->rest.starts_with(kDropped) && last_component(line.program) == "cleanup") {
        return {.outcomes = {},
                .queued = std::nullopt,
                .dropped =
                    mail::DroppedMessage{.queue_id = std::string(queued->queue_id), .at = line.at}};
    }
    return {};
}

}  // namespace holdback::maillog
