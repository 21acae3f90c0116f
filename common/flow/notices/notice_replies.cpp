// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/notice_replies.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "dsn/detect.hpp"
#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "flow/notice_terms.hpp"
#include "flow/passing_message.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"
#include "letters/notice_token.hpp"
#include "letters/resolved_orders.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/folded_sender.hpp"
#include "mail/header.hpp"
#include "ports/log.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::notices {

namespace {

using report::NoticeVerdict;

/// Each answer that is taken causes a mail, and anybody who has seen the token can write answers.
/// So one refusal a minute is taken for a notice and addressee, and this many answers a day for an
/// addressee.
constexpr config::Rate kRefusals{1, std::chrono::minutes(1)};
constexpr config::Rate kAnswers{100, std::chrono::days(1)};

/// True when a machine wrote the message, which is then neither obeyed nor answered.
bool is_automatic(const mail::Envelope& envelope,
                  const mail::HeaderList& headers,
                  const dsn::MessageView& view) {
    if (std::holds_alternative<mail::NullSender>(envelope.sender)) {
        return true;
    }
    const auto submitted = headers.first("Auto-Submitted");
    if (submitted.has_value() && !core::starts_with_ignoring_case(*submitted, "no")) {
        return true;
    }
    const std::string precedence = core::to_lower(headers.first("Precedence").value_or(""));
    if (precedence.starts_with("auto") || precedence == "bulk" || precedence == "junk" ||
        precedence == "list" || headers.has("List-Id")) {
        return true;
    }
    switch (dsn::detect(view, dsn::human_text(view)).kind) {
        case dsn::MessageKind::Dsn:
        case dsn::MessageKind::AutoReply:
        case dsn::MessageKind::Challenge:
        case dsn::MessageKind::Complaint:
        case dsn::MessageKind::Mdn:
        case dsn::MessageKind::Report:
        case dsn::MessageKind::Informational:
            return true;
        // An answer quotes server replies from the notice, so it can look like a bounce.
        case dsn::MessageKind::Bounce:
        case dsn::MessageKind::Unsubscribe:
        case dsn::MessageKind::Ordinary:
            return false;
    }
    return false;
}

/// The sender's words: the plain text, or that of the HTML if there is no plain text or it is
/// blank.
std::string text_of(const dsn::MessageView& view) {
    for (const bool html : {false, true}) {
        for (const dsn::MessagePart& part : view.parts) {
            const std::string disposition = part.headers.first("Content-Disposition").value_or("");
            if (part.embedded == 0 && part.was_html == html &&
                part.media_type == (html ? "text/html" : "text/plain") &&
                !core::starts_with_ignoring_case(disposition, "attachment") &&
                !core::trim(part.text).empty()) {
                return part.text;
            }
        }
    }
    return {};
}

bool same_mailbox(std::string_view a, std::string_view b) {
    return core::equals_ignoring_case(a, b);
}

/// The reason, as a word for the log, why a genuine answer is not obeyed; empty: it is.
std::string refusal_of(const Submitting& who,
                       const mail::Envelope& envelope,
                       const ports::NoticeGroup& group,
                       config::ReplyBy reply_by) {
    switch (reply_by) {
        case config::ReplyBy::User:
            if (group.user.empty()) {
                return "no-user";
            }
            return who.user == group.user ? "" : "other-user";
        case config::ReplyBy::Sender:
            return envelope.direction == mail::Direction::Outgoing &&
                           (same_mailbox(envelope.sender_text(), group.sender) ||
                            same_mailbox(mail::folded_sender(envelope.sender_text()), group.sender))
                       ? ""
                       : "other-sender";
        case config::ReplyBy::Token:
            return "";
    }
    return "other-user";
}

std::string refusal_text(std::string_view refusal,
                         std::string contact,
                         const letters::NoticeTexts& texts) {
    if (refusal.empty()) {
        return {};
    }
    if (refusal == "no-user") {
        return texts.say(letters::NoticeText::RefusedProgram, {{"contact", std::move(contact)}});
    }
    return texts.say(refusal == "other-user" ? letters::NoticeText::RefusedUser
                                             : letters::NoticeText::RefusedSender);
}

/// Items for numbers of a notice.
std::vector<std::int64_t> items_of(const std::vector<std::size_t>& numbers,
                                   const ports::Notice& notice) {
    std::vector<std::int64_t> items;
    items.reserve(numbers.size());
    for (const std::size_t number : numbers) {
        items.push_back(notice.items.at(number - 1));
    }
    return items;
}

/// The command of an answer. `told` is the addressee of the notice. If `refused` is not empty, the
/// command only tells this text.
ports::NoticeCommand command_for(const mail::Envelope& envelope,
                                 const mail::HeaderList& headers,
                                 const ports::Notice& notice,
                                 const letters::Orders& orders,
                                 std::string_view told,
                                 std::string refused,
                                 const letters::NoticeTexts& texts,
                                 core::TimePoint now) {
    ports::NoticeCommand command;
    command.notice = notice.id;
    // A sender who is not known to be one of ours may have made the address up.
    command.from = envelope.direction == mail::Direction::Outgoing ? envelope.sender_text()
                                                                   : std::string(told);
    command.in_reply_to = headers.first("Message-ID").value_or("");
    command.taken_at = now;
    if (!refused.empty()) {
        command.refused = std::move(refused);
        return command;
    }
    letters::ResolvedOrders resolved = letters::resolve(orders, notice.items.size(), texts);
    command.release = items_of(resolved.release, notice);
    for (letters::NumberAs& as : resolved.release_as) {
        command.release_as.push_back(
            {.item = notice.items.at(as.number - 1), .address = std::move(as.address)});
    }
    command.discard = items_of(resolved.discard, notice);
    command.remarks = std::move(resolved.remarks);
    return command;
}

report::NoticeDecision line_of(const PassingMessage& message) {
    report::NoticeDecision line;
    line.queue_id = message.envelope.queue_id;
    line.session = message.who.session_id;
    line.user = message.who.user;
    line.from = message.envelope.sender_text();
    return line;
}

}  // namespace

bool NoticeReplies::is_notice_address(const mail::Recipient& recipient,
                                      const config::Settings& settings) const {
    if (!settings.notice.enabled || settings.mode == config::Mode::Shadow) {
        return false;
    }
    const std::string given = recipient.as_given();
    const std::size_t at = given.rfind('@');
    const std::size_t plus = given.find('+');
    const bool has_detail = at != std::string::npos && plus != std::string::npos && plus < at;
    const std::string bare = has_detail ? given.substr(0, plus) + given.substr(at) : given;
    // An older notice may have been sent under another name of ours.
    return std::ranges::any_of(parts_.own_name.all(), [&](std::string_view name) {
        const std::string address = notice_address(settings.notice, name);
        return same_mailbox(given, address) || same_mailbox(bare, address);
    });
}

std::optional<std::string> NoticeReplies::token_of(const mail::HeaderList& headers) const {
    for (const std::string_view name : {"Subject", "In-Reply-To", "References"}) {
        for (const std::string& value : headers.all(name)) {
            if (auto token = letters::find_notice_token(value)) {
                return token;
            }
        }
    }
    // In another script the subject is encoded.
    const auto subject = headers.first("Subject");
    if (!subject.has_value() || subject->find("=?") == std::string::npos) {
        return std::nullopt;
    }
    return letters::find_notice_token(
        parts_.reader.read(fmt::format("Subject: {}\r\n\r\n", *subject)).subject);
}

bool NoticeReplies::may_answer(const mail::HeaderList& headers) const {
    return token_of(headers).has_value();
}

bool NoticeReplies::is_genuine(std::string_view token, std::string_view sender) const {
    std::vector<core::SecretKey> secrets;
    for (const dsn::SealKey& key : parts_.keys()) {
        secrets.push_back(key.secret);
    }
    return letters::is_token_of(token, sender, secrets);
}

ReplyFate NoticeReplies::receive(const PassingMessage& message, std::string_view octets) {
    const Submitting& who = message.who;
    const mail::Envelope& envelope = message.envelope;
    const mail::HeaderList& headers = message.headers;
    const config::NoticeSettings& settings = message.settings().notice;
    report::NoticeDecision line = line_of(message);
    const auto goes_on = [&](std::string_view why) {
        line.verdict = NoticeVerdict::Ignored;
        line.reason = why;
        report(line);
        return ReplyFate::GoesOn;
    };
    const std::string token = token_of(headers).value_or("");
    if (token.empty()) {
        return goes_on("no-token");
    }
    line.notice = letters::named_notice(token);
    const auto found = parts_.notices.find(line.notice);
    if (!found.has_value()) {
        return goes_on("store");
    }
    const std::optional<ports::Notice>& notice = *found;
    if (!notice.has_value() || !is_genuine(token, notice->group.sender)) {
        return goes_on("unknown-token");
    }
    line.sender = notice->group.sender;
    const dsn::MessageView view = parts_.reader.read(octets);
    if (is_automatic(envelope, headers, view)) {
        return goes_on("automatic");
    }
    const letters::Orders orders = letters::read_orders(text_of(view), beginnings());
    if (orders.empty()) {
        return goes_on("no-command");
    }
    line.reason = refusal_of(who, envelope, notice->group, settings.reply_by);
    const std::shared_ptr<const Snapshot> snapshot = parts_.snapshots.current();
    const letters::NoticeTexts& texts = notice_texts(*snapshot, notice->group.sender);
    const std::string contact = notice_contact(settings, parts_.own_name.current(), texts);
    const ports::NoticeCommand command = command_for(envelope,
                                                     headers,
                                                     *notice,
                                                     orders,
                                                     who_was_told(*notice),
                                                     refusal_text(line.reason, contact, texts),
                                                     texts,
                                                     parts_.clock.now());
    if (!may_be_confirmed(command)) {
        return goes_on("too-many-answers");
    }
    const std::array<std::string_view, 4> pieces{
        notice->id, command.in_reply_to, line.from, octets};
    if (!parts_.notices.take(command, core::digest_hex(pieces)).has_value()) {
        return goes_on("store");
    }
    line.verdict = line.reason.empty() ? NoticeVerdict::Accepted : NoticeVerdict::Refused;
    line.items = command.release.size() + command.release_as.size() + command.discard.size();
    report(line);
    return ReplyFate::Taken;
}

std::vector<std::string> NoticeReplies::beginnings() const {
    std::vector<std::string> all;
    const std::shared_ptr<const Snapshot> snapshot = parts_.snapshots.current();
    for (const auto& [language, texts] : snapshot->notices) {
        for (std::string& begins : texts.beginnings()) {
            all.push_back(std::move(begins));
        }
    }
    return all;
}

std::string NoticeReplies::who_was_told(const ports::Notice& notice) const {
    if (!notice.items.empty()) {
        const auto told = parts_.notices.told_of(notice.items.front());
        const auto found = told.has_value() ? *told : std::nullopt;
        if (found.has_value()) {
            return found->to;
        }
    }
    return notice.group.sender;
}

bool NoticeReplies::may_be_confirmed(const ports::NoticeCommand& command) const {
    const auto grants = [&](const std::string& account, const config::Rate& limit) {
        const auto answer = parts_.notices.spend(account, 1, limit, parts_.clock.now());
        return !answer.has_value() || answer->granted;
    };
    // No address has a space, so these names are nobody's budgets.
    return (command.refused.empty() ||
            grants(fmt::format("refusal {} {}", command.notice, command.from), kRefusals)) &&
           grants(fmt::format("answers {}", command.from), kAnswers);
}

void NoticeReplies::report(const report::NoticeDecision& line) const {
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

}  // namespace holdback::flow::notices
