// SPDX-License-Identifier: Apache-2.0
#include "dsn/detect.hpp"

#include "core/text.hpp"
#include "dsn/delivery_status.hpp"
#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/own_letter.hpp"
#include "dsn/phrases.hpp"
#include "dsn/report.hpp"
#include "mail/header.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::dsn {

namespace {

constexpr std::size_t kPhraseOctets = 6000;
constexpr std::size_t kLeadOctets = 200;

/// The signs of a message. The functions below weigh them.
struct Signs {
    std::string subject;         ///< lower case, one line
    std::string phrase_text;     ///< see `phrase_text`
    std::string from;            ///< the field, lower case
    std::string from_local;      ///< local part of its address, lower case
    std::string auto_submitted;  ///< lower case
    bool null_sender = false;    ///< Return-Path: <>
    bool daemon = false;         ///< From says that a mail system wrote it
    bool answers = false;        ///< In-Reply-To or References
    bool list = false;           ///< List-Id or List-Post
    bool returns_message = false;
    bool bounce_subject = false;
    bool failed_recipients = false;
    PhraseSigns phrases;
    int lead_phrases = 0;  ///< of bounces, in the first line
    bool reply_and_address = false;
    bool names_address = false;  ///< an address stands in the text
    bool report = false;         ///< multipart/report of type delivery-status

    [[nodiscard]] bool machine_sender() const { return null_sender || daemon; }
    /// True when no address is named and nothing is returned.
    [[nodiscard]] bool is_about_nobody() const {
        return !names_address && !returns_message && !failed_recipients && !report;
    }
};

bool holds_any(std::string_view text, std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(
        parts, [text](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

std::string lower_field(const mail::HeaderList& headers, std::string_view name) {
    return core::to_lower(headers.first(name).value_or(std::string{}));
}

bool is_daemon_name(const std::string& from, const std::string& local) {
    static constexpr auto kNames = std::to_array<std::string_view>({"mailer-daemon",
                                                                    "mailerdaemon",
                                                                    "mail-daemon",
                                                                    "maildaemon",
                                                                    "mdaemon",
                                                                    "postmaster",
                                                                    "post_master",
                                                                    "post-master",
                                                                    "poostmaster",
                                                                    "mail-delivery",
                                                                    "mail.delivery.system",
                                                                    "maildelivery",
                                                                    "bounce",
                                                                    "microsoftexchange"});
    const bool by_address = std::ranges::any_of(
        kNames, [&local](std::string_view name) { return local.starts_with(name); });
    return by_address || core::trim(from) == "<>" ||
           holds_any(from,
                     {"mail delivery s",
                      "mail deliver system",
                      "delivery subsystem",
                      "mailer-daemon",
                      "mail system",
                      "system administrator",
                      "mail administrator",
                      "delivery system",
                      "internet mail delivery",
                      "mailer daemon",
                      "microsoft outlook"});
}

bool is_list_manager(std::string_view local) {
    return local.ends_with("-admin") || local.ends_with("-owner") || local.ends_with("-request") ||
           local.starts_with("owner-") || local.starts_with("listserv") ||
           local.starts_with("majordomo") || local.starts_with("mailman");
}

bool has_part(const MessageView& message, std::initializer_list<std::string_view> types) {
    return std::ranges::any_of(
        types, [&message](std::string_view type) { return message.find(type) != nullptr; });
}

bool is_report_type(const MessageView& message, std::string_view type) {
    return message.media_type == "multipart/report" &&
           core::equals_ignoring_case(message.parameter("report-type"), type);
}

Signs signs_of(const MessageView& message, const HumanText& text) {
    Signs signs;
    const mail::HeaderList& headers = message.headers;
    const std::string subject = message.subject.empty()
                                    ? headers.first("Subject").value_or(std::string{})
                                    : message.subject;
    signs.subject = phrase_text(subject, 500);
    signs.phrase_text = phrase_text(text.report, kPhraseOctets);
    signs.from = lower_field(headers, "From");
    const std::string_view address = reading::first_address(signs.from);
    signs.from_local = std::string(address.substr(0, address.find('@')));
    signs.auto_submitted = lower_field(headers, "Auto-Submitted");
    const std::optional<std::string> return_path = headers.first("Return-Path");
    signs.null_sender =
        return_path.has_value() && (return_path->empty() || return_path->starts_with("<>") ||
                                    core::contains_ignoring_case(*return_path, "mailer-daemon"));
    signs.daemon = is_daemon_name(signs.from, signs.from_local);
    signs.answers = headers.has("In-Reply-To") || headers.has("References");
    signs.list = headers.has("List-Id") || headers.has("List-Post");
    signs.returns_message =
        !text.returned.empty() ||
        has_part(
            message,
            {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"});
    signs.bounce_subject = is_bounce_subject(signs.subject);
    signs.failed_recipients = headers.has("X-Failed-Recipients");
    signs.phrases = phrase_signs(signs.phrase_text);
    const std::string_view start = core::trim(text.report);
    signs.lead_phrases =
        phrase_signs(phrase_text(start.substr(0, start.find('\n')), kLeadOctets)).bounce;
    const std::string_view report = std::string_view(text.report).substr(0, kPhraseOctets);
    signs.report = is_report_type(message, "delivery-status");
    signs.names_address = !reading::find_addresses(report, 1).empty();
    signs.reply_and_address = signs.names_address &&
                              reading::find_reply(report, reading::ReplyContext::Prose).has_value();
    return signs;
}

Detection found(MessageKind kind, std::string reason) {
    return {.kind = kind, .reasons = {std::move(reason)}};
}

// ------------------------------------------------------------------------------------- by shape

std::optional<Detection> detect_postmaster_copy(const Signs& signs) {
    const bool is_copy = signs.subject.starts_with("postmaster copy:") ||
                         signs.subject.starts_with("postmaster warning:") ||
                         signs.subject.starts_with("postfix smtp server: errors from");
    if (!is_copy || signs.from.empty()) {
        return std::nullopt;
    }
    return found(MessageKind::Ordinary, "copy of a report for the postmaster");
}

/// True for the types of RFC 5965 section 7.3 and older names that complain of the message. The
/// others report fraud, viruses, authentication, or mail that was no spam.
bool is_complaint_type(std::string_view type) {
    return type.empty() || holds_any(type, {"abuse", "complaint"});
}

Detection feedback_of(std::string_view type, std::string_view reason) {
    constexpr std::size_t kMostOctets = 40;
    return is_complaint_type(type)
               ? found(MessageKind::Complaint, std::string(reason))
               : found(MessageKind::Report,
                       "feedback report of type " + std::string(type.substr(0, kMostOctets)));
}

/// Reports for operators: RFC 8460 section 3 about TLS, RFC 7489 section 7.2.1.1 about DMARC.
std::optional<Detection> detect_report(const MessageView& message, const Signs& signs) {
    if (is_report_type(message, "tlsrpt")) {
        return found(MessageKind::Report, "report-type=tlsrpt");
    }
    const bool dmarc = signs.subject.starts_with("report domain:") &&
                       signs.subject.find("submitter:") != std::string::npos;
    return dmarc ? std::optional(found(MessageKind::Report, "subject of a DMARC report"))
                 : std::nullopt;
}

std::optional<Detection> detect_complaint(const MessageView& message, const Signs& signs) {
    constexpr std::string_view kType = "feedback-type: ";
    const MessagePart* report = message.find("message/feedback-report");
    if (report != nullptr) {
        return feedback_of(lower_field(parse_headers(core::trim(report->text)), "Feedback-Type"),
                           "message/feedback-report");
    }
    if (is_report_type(message, "feedback-report")) {
        return found(MessageKind::Complaint, "report-type=feedback-report");
    }
    const std::size_t type = signs.phrase_text.find(kType);
    const bool fields_in_text =
        type != std::string::npos &&
        holds_any(signs.phrase_text,
                  {"user-agent:", "version:", "original-rcpt-to:", "source-ip:"});
    if (fields_in_text) {
        const std::string_view rest =
            std::string_view(signs.phrase_text).substr(type + kType.size());
        return feedback_of(rest.substr(0, rest.find_first_of(" \t\r\n")),
                           "feedback fields in the text");
    }
    const bool hotmail = signs.subject.starts_with("complaint about message from");
    if (signs.returns_message && (hotmail || signs.phrases.complains)) {
        return found(MessageKind::Complaint, hotmail ? "complaint subject" : "complaint phrases");
    }
    return std::nullopt;
}

std::optional<Detection> detect_mdn(const MessageView& message) {
    if (has_part(message,
                 {"message/disposition-notification", "message/global-disposition-notification"})) {
        return found(MessageKind::Mdn, "message/disposition-notification");
    }
    if (is_report_type(message, "disposition-notification")) {
        return found(MessageKind::Mdn, "report-type=disposition-notification");
    }
    return std::nullopt;
}

std::optional<Detection> detect_dsn(const MessageView& message,
                                    const HumanText& text,
                                    const Signs& signs) {
    for (const std::string_view type :
         {"message/delivery-status", "message/global-delivery-status"}) {
        const MessagePart* part = message.find(type);
        if (part == nullptr) {
            continue;
        }
        const bool within_report = message.media_type == "multipart/report";
        if (within_report || has_status_fields(part->text)) {
            return found(MessageKind::Dsn, std::string(type));
        }
    }
    // A person may show such fields to a colleague.
    const bool report = message.media_type == "multipart/report";
    const bool by_machine = report || signs.machine_sender() || signs.failed_recipients ||
                            (signs.bounce_subject && !signs.answers) ||
                            signs.auto_submitted.starts_with("auto");
    if (by_machine && has_status_fields(text.report)) {
        return found(report ? MessageKind::Dsn : MessageKind::Bounce, "status fields in the text");
    }
    return std::nullopt;
}

// ------------------------------------------------------------------------------------- by words

std::optional<Detection> detect_challenge(const Signs& signs) {
    const bool asks =
        signs.phrases.asks_for_confirmation || phrase_signs(signs.subject).asks_for_confirmation;
    // "550 … requires confirmation" is another server's reply that a bounce quotes.
    if (!asks || signs.list || signs.reply_and_address) {
        return std::nullopt;
    }
    const bool automatic =
        signs.machine_sender() || signs.answers || signs.auto_submitted.starts_with("auto") ||
        signs.subject.starts_with("re:") ||
        holds_any(signs.from, {"noreply", "no-reply", "challenge", "confirm", "verif"});
    if (!automatic || !holds_any(signs.phrase_text, {"http://", "https://", "reply to this"})) {
        return std::nullopt;
    }
    return found(MessageKind::Challenge, "asks for a confirmation");
}

/// Detects the events of a sending service, mailed as JSON.
std::optional<Detection> detect_event(const Signs& signs) {
    const std::string_view text = signs.phrase_text;
    const bool is_event =
        text.starts_with("{") && text.find(R"("mail":)") != std::string_view::npos;
    if (!is_event || text.find(R"("notificationtype":)") == std::string_view::npos) {
        return std::nullopt;
    }
    const bool complaint = text.find(R"("notificationtype":"complaint")") != std::string_view::npos;
    return found(complaint ? MessageKind::Complaint : MessageKind::Bounce, "notification in JSON");
}

std::optional<Detection> detect_unsubscribe(const Signs& signs) {
    const bool subject = signs.subject == "unsubscribe" ||
                         signs.subject.starts_with("unsubscribe ") || signs.subject == "remove" ||
                         signs.subject.starts_with("unsubscribe:");
    const std::string_view body = core::trim(signs.phrase_text);
    const bool short_request =
        body.size() <= 400 && (body.empty() || body.find("unsubscribe") != std::string_view::npos ||
                               body.starts_with("remove"));
    const bool only_body = signs.subject.empty() && (body == "unsubscribe" || body == "remove me");
    // A list that writes about unsubscribing does not ask for it.
    if (signs.list || ((!subject || !short_request) && !only_body)) {
        return std::nullopt;
    }
    return found(MessageKind::Unsubscribe, "asks to be taken off");
}

std::optional<Detection> detect_bounce(const Signs& signs) {
    Detection detection{.kind = MessageKind::Bounce, .reasons = {}};
    int score = 0;
    const auto add = [&](bool applies, int points, std::string_view reason) {
        if (applies) {
            score += points;
            if (points > 0) {
                detection.reasons.emplace_back(reason);
            }
        }
    };
    // A letter about bounces may have such words anywhere; a bounce has them at its start.
    const int words = signs.machine_sender() ? signs.phrases.bounce : signs.phrases.opening_bounce;
    add(signs.report, 4, "multipart/report");
    add(signs.failed_recipients, 5, "X-Failed-Recipients");
    add(words > 0, 4 + ((std::min(words, 4) - 1) * 2), "bounce phrases");
    add(signs.reply_and_address, 3, "SMTP reply beside an address");
    add(signs.bounce_subject, 3, "bounce subject");
    const bool evidence =
        words > 0 || signs.reply_and_address || signs.failed_recipients || signs.report;
    const bool bare = signs.bounce_subject && signs.returns_message && signs.machine_sender();
    add(signs.daemon, 2, "written by a mail system");
    add(is_list_manager(signs.from_local), 1, "written by a list manager");
    add(signs.null_sender, 2, "null sender");
    add(signs.auto_submitted.starts_with("auto"), 1, "Auto-Submitted");
    add(signs.returns_message, 1, "returned message");
    const bool by_program = signs.machine_sender() || is_list_manager(signs.from_local);
    add(signs.answers && !by_program, -3, "");
    const bool by_list = signs.list && !is_list_manager(signs.from_local);
    add(by_list && !signs.failed_recipients && !signs.machine_sender(), -3, "");
    // With only words and a sender's name, the words must come first.
    const bool other_signs = signs.bounce_subject || signs.failed_recipients || signs.report ||
                             signs.reply_and_address || signs.null_sender || signs.returns_message;
    add(!other_signs && signs.lead_phrases == 0, -6, "");
    add(other_signs && signs.phrases.opening_bounce == 0 && !signs.bounce_subject &&
            !signs.failed_recipients && !signs.reply_and_address && !signs.report,
        -3,
        "");
    // Words about delivery that name nobody and return nothing announce something.
    add(signs.is_about_nobody(), -3, "");
    const int enough = signs.machine_sender() || signs.failed_recipients ? 6 : 8;
    if ((!evidence && !bare) || score < enough) {
        return std::nullopt;
    }
    return detection;
}

bool has_auto_reply_field(const mail::HeaderList& headers, const Signs& signs) {
    for (const std::string_view name : {"X-Autoreply",
                                        "X-Autorespond",
                                        "X-Autoresponder",
                                        "X-Autoreply-From",
                                        "X-Mail-Autoreply",
                                        "X-Auto-Reply",
                                        "X-AutoReply-From",
                                        "X-Auto-Reply-From",
                                        "X-FC-MachineGenerated",
                                        "X-Vacation",
                                        "X-Cyrus-Session-Id-Vacation",
                                        "X-Amazon-Auto-Reply"}) {
        const std::string value = lower_field(headers, name);
        if (!value.empty() && value != "no" && value != "false" && value != "0") {
            return true;
        }
    }
    const std::string precedence = lower_field(headers, "Precedence");
    const std::string delivered_to = lower_field(headers, "Delivered-To");
    return precedence.starts_with("auto") || delivered_to.starts_with("autoresponder") ||
           signs.auto_submitted.starts_with("auto-replied") ||
           signs.auto_submitted.starts_with("auto-reply") ||
           signs.auto_submitted.starts_with("vacation") ||
           holds_any(signs.auto_submitted, {"(vacation", "(autoreply", "(rejected"});
}

std::optional<Detection> detect_auto_reply(const MessageView& message, const Signs& signs) {
    if (signs.list && !signs.null_sender) {
        return std::nullopt;
    }
    if (has_auto_reply_field(message.headers, signs)) {
        return found(MessageKind::AutoReply, "auto-reply field");
    }
    const bool away = signs.phrases.says_away;
    const bool subject = is_auto_reply_subject(signs.subject);
    const bool suppress = message.headers.has("X-Auto-Response-Suppress");
    const std::string precedence = lower_field(message.headers, "Precedence");
    const bool junk = precedence == "bulk" || precedence == "junk" || precedence == "list";
    const bool automatic =
        signs.null_sender || signs.auto_submitted.starts_with("auto") || suppress;
    // A person who answers "Vacation plans" has a reference and such a subject, too.
    const bool by_answering = signs.answers && !signs.subject.starts_with("re:");
    if (subject && (automatic || by_answering || away || junk)) {
        return found(MessageKind::AutoReply, "auto-reply subject");
    }
    if (signs.null_sender && (away || signs.answers || junk || signs.subject.starts_with("re:"))) {
        return found(MessageKind::AutoReply, "answer with the null sender");
    }
    if (away && automatic && (signs.answers || signs.subject.starts_with("re:"))) {
        return found(MessageKind::AutoReply, "automatic answer");
    }
    const bool weak_subject = signs.subject == "auto reply" || signs.subject == "autoreply" ||
                              signs.subject == "auto-reply" ||
                              signs.subject.starts_with("automatic reply:") ||
                              signs.subject.starts_with("auto reply:") ||
                              signs.subject.starts_with("automatische antwort:") ||
                              signs.subject.starts_with("out of office:");
    if (weak_subject) {
        return found(MessageKind::AutoReply, "auto-reply subject");
    }
    return std::nullopt;
}

}  // namespace

Detection detect(const MessageView& message, const HumanText& text) {
    if (const std::string_view mark = own_letter_mark(message); !mark.empty()) {
        return found(MessageKind::Informational, std::string(mark));
    }
    const Signs signs = signs_of(message, text);
    if (auto copy = detect_postmaster_copy(signs)) {
        return *copy;
    }
    if (auto complaint = detect_complaint(message, signs)) {
        return *complaint;
    }
    if (auto report = detect_report(message, signs)) {
        return *report;
    }
    if (auto mdn = detect_mdn(message)) {
        return *mdn;
    }
    const std::optional<Detection> challenge = detect_challenge(signs);
    if (auto dsn = detect_dsn(message, text, signs)) {
        return challenge.value_or(*dsn);
    }
    if (auto event = detect_event(signs)) {
        return *event;
    }
    if (auto unsubscribe = detect_unsubscribe(signs)) {
        return *unsubscribe;
    }
    const std::optional<Detection> bounce = detect_bounce(signs);
    const std::optional<Detection> auto_reply = detect_auto_reply(message, signs);
    // Words of an away note about failing ("your mail will not be delivered to …") are weak.
    const bool surely_away = auto_reply.has_value() && is_auto_reply_subject(signs.subject) &&
                             !signs.failed_recipients && !signs.reply_and_address;
    if (challenge.has_value()) {
        return *challenge;
    }
    if (bounce.has_value() && !surely_away) {
        return *bounce;
    }
    return auto_reply.value_or(found(MessageKind::Ordinary, "nothing speaks for a report"));
}

}  // namespace holdback::dsn
