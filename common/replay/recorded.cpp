// SPDX-License-Identifier: Apache-2.0
#include "replay/recorded.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "config/value_text.hpp"
#include "core/short_digest.hpp"
#include "core/text.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/compliance.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/verdict.hpp"
#include "replay/fact_text.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::replay {

namespace {

constexpr std::size_t kMostText = 200;
constexpr std::size_t kMostHosts = 3;
constexpr char kSeparator = ' ';

constexpr std::array kSyntaxErrors{
    mail::SyntaxError::Empty,
    mail::SyntaxError::NoAt,
    mail::SyntaxError::LocalEmpty,
    mail::SyntaxError::LocalBadCharacter,
    mail::SyntaxError::QuoteUnclosed,
    mail::SyntaxError::QuotedPairBad,
    mail::SyntaxError::TextAfterQuote,
    mail::SyntaxError::DomainEmpty,
    mail::SyntaxError::EmptyLabel,
    mail::SyntaxError::LabelHyphen,
    mail::SyntaxError::DomainBadCharacter,
    mail::SyntaxError::BadLiteral,
    mail::SyntaxError::NonAsciiWithoutSmtputf8,
    mail::SyntaxError::BadUtf8,
    mail::SyntaxError::BadIdn,
    mail::SyntaxError::BadPath,
};

/// The enumerator with this wire name; nullopt when the list lacks it.
template <typename Enum, std::size_t Count>
std::optional<Enum> named(const std::array<Enum, Count>& all, std::string_view name) {
    const auto* const found =
        std::ranges::find_if(all, [&](const Enum value) { return wire_name(value) == name; });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

std::string_view cut(std::string_view text) {
    return text.substr(0, kMostText);
}

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> all;
    for (const std::string_view word : core::split(text, kSeparator)) {
        if (!word.empty()) {
            all.emplace_back(word);
        }
    }
    return all;
}

std::string joined(const std::vector<std::string>& all) {
    return fmt::format("{}", fmt::join(all, std::string_view(&kSeparator, 1)));
}

void put_suppression(FactWriter& facts, const terms::SuppressionEntry& entry) {
    facts.put("sup", wire_name(entry.reason));
    facts.put_number("sup.code", static_cast<std::uint64_t>(entry.code.number()));
    facts.put("sup.source", wire_name(entry.source));
    facts.put("sup.scope", entry.scope.stored());
    facts.put("sup.kind", wire_name(entry.kind));
    if (entry.kind != terms::SubjectKind::Address || entry.form == terms::SubjectForm::Hashed) {
        facts.put("sup.subject", cut(entry.subject));
    }
    facts.put("sup.text", cut(entry.diagnostic));
}

std::optional<terms::SuppressionEntry> read_suppression(const FactReader& facts,
                                                        const RecordedRecipient& recipient) {
    const auto reason = terms::parse_suppression_reason(facts.text("sup"));
    if (!reason.has_value()) {
        return std::nullopt;
    }
    terms::SuppressionEntry entry;
    entry.reason = *reason;
    entry.code = terms::FailureCode::from_number(
                     static_cast<int>(facts.number("sup.code").value_or(0) % 10'000))
                     .value_or(terms::kUnknownFailure);
    entry.source = terms::parse_suppression_source(facts.text("sup.source"))
                       .value_or(terms::SuppressionSource::Admin);
    entry.scope = terms::SuppressionScope::from_stored(facts.text("sup.scope"));
    entry.kind =
        terms::parse_subject_kind(facts.text("sup.kind")).value_or(terms::SubjectKind::Address);
    entry.subject = facts.text("sup.subject");
    if (entry.subject.empty() && recipient.facts.suppressed_as_mailbox) {
        entry.subject = recipient.facts.mailbox;
    } else if (entry.subject.empty() && recipient.facts.syntax.has_value()) {
        entry.subject = recipient.facts.syntax->value.key();
    }
    entry.diagnostic = facts.text("sup.text");
    return entry;
}

void put_route(FactWriter& facts, const outbound::MailRoute& route) {
    facts.put("route", wire_name(route.kind));
    facts.put("why", cut(route.why));
    facts.put_flag("perhaps-local", route.perhaps_local);
    const std::size_t hosts = std::min(kMostHosts, route.hosts.size());
    facts.put("hosts",
              cut(joined({route.hosts.begin(),
                          route.hosts.begin() + static_cast<std::ptrdiff_t>(hosts)})));
}

std::optional<outbound::MailRoute> read_route(const FactReader& facts) {
    const auto kind = outbound::parse_route_kind(facts.text("route"));
    if (!kind.has_value()) {
        return std::nullopt;
    }
    return outbound::MailRoute{.kind = *kind,
                               .hosts = words(facts.text("hosts")),
                               .why = facts.text("why"),
                               .perhaps_local = facts.flag("perhaps-local")};
}

mail::RecipientSyntax read_syntax(const FactReader& facts,
                                  const std::string& address,
                                  mail::Smtputf8 utf8) {
    if (const auto error = facts.find("syntax")) {
        return std::unexpected(named(kSyntaxErrors, *error).value_or(mail::SyntaxError::BadPath));
    }
    return mail::Address::parse(address, utf8);
}

/// Does not depend on the order of the domains.
std::uint64_t digest_of(const std::vector<std::string>& domains) {
    if (domains.empty()) {
        return 0;
    }
    std::vector<std::string_view> pieces(domains.begin(), domains.end());
    std::ranges::sort(pieces);
    return core::short_digest(pieces);
}

}  // namespace

WatchSigns watch_signs(outbound::Stream stream,
                       outbound::SentTo sent_to,
                       const config::Settings& settings) {
    WatchSigns signs;
    const bool is_bulk = stream == outbound::Stream::Bulk;
    for (const terms::FindingName name : terms::kAllFindings) {
        const bool looks =
            name != terms::FindingName::MissingSignature || settings.compliance.expect_signature;
        if (looks && outbound::is_about_message(name) &&
            outbound::action_for(name, stream, sent_to, settings.policy) !=
                config::PolicyAction::Pass) {
            signs.about_message.push_back(name);
        }
    }
    signs.from_digest = digest_of(outbound::domains_of_from(settings));
    std::vector<std::string> enrolled = settings.outgoing.sender_domains;
    for (const auto* more : {&settings.outgoing.own_domains,
                             &settings.compliance.own_domains,
                             &settings.outgoing.sender_logins}) {
        enrolled.insert(enrolled.end(), more->begin(), more->end());
    }
    signs.enrolled_digest = digest_of(enrolled);
    if (is_bulk) {
        signs.stop_above = settings.bulk.stop_above.percent;
        signs.stop_minimum = settings.bulk.stop_minimum;
        signs.repeat_window = settings.bulk.repeat_window;
    }
    return signs;
}

HeaderSigns header_signs(const mail::HeaderList& headers, const config::BulkSettings& settings) {
    HeaderSigns signs;
    const auto look_for = [&](std::string_view name) {
        std::string lower = core::to_lower(name);
        if (lower.empty() || std::ranges::find(signs.asked, lower) != signs.asked.end()) {
            return;
        }
        if (headers.has(name)) {
            signs.present.push_back(lower);
        }
        signs.asked.push_back(std::move(lower));
    };
    for (const std::string& name : settings.headers) {
        look_for(name);
    }
    look_for(settings.campaign_header);
    for (const std::string_view name :
         {"List-Unsubscribe", "List-Id", "Feedback-ID", "X-Campaign-ID", "Precedence"}) {
        look_for(name);
    }
    for (const mail::HeaderField& field : headers.fields()) {
        if (core::starts_with_ignoring_case(field.name, "List-")) {
            look_for(field.name);
        }
    }
    signs.asked.emplace_back(kAllListFields);
    signs.precedence = cut(headers.first("Precedence").value_or(""));
    return signs;
}

std::string RecordedMessage::sender_text() const {
    mail::Envelope envelope;
    envelope.sender = sender;
    return envelope.sender_text();
}

std::string message_facts(const RecordedMessage& message) {
    FactWriter facts;
    if (message.decided_at != DecidedAt::Message) {
        facts.put("at", wire_name(message.decided_at));
    }
    facts.put("session", cut(message.session));
    facts.put_flag("utf8", message.utf8 == mail::Smtputf8::Yes);
    facts.put("user", cut(message.origin.user));
    facts.put("daemon", cut(message.origin.daemon));
    if (message.origin.client.has_value()) {
        facts.put("client", message.origin.client->text());
    }
    facts.put_flag("local", !message.origin.over_smtp);
    facts.put_number("named", message.named);
    facts.put_number("window", message.window);
    facts.put_number("window.seconds", static_cast<std::uint64_t>(message.window_length.count()));
    facts.put_number("repeats.limit", message.repeats_limit);
    std::vector<std::string> about_message;
    about_message.reserve(message.watched.about_message.size());
    for (const terms::FindingName name : message.watched.about_message) {
        about_message.emplace_back(wire_name(name));
    }
    facts.put("watched", joined(about_message));
    if (message.watched.stop_above < 100) {
        facts.put_number("stop.above", message.watched.stop_above);
        facts.put_number("stop.minimum", message.watched.stop_minimum);
    }
    facts.put_number("repeat.seconds",
                     static_cast<std::uint64_t>(message.watched.repeat_window.count()));
    if (message.dialogue.has_value()) {
        facts.put_number("before.messages", message.dialogue->before.messages);
        facts.put_number("before.refusals", message.dialogue->before.refusals);
        facts.put_flag("asked-at-rcpt", message.dialogue->asked_at_rcpt);
        facts.put_flag("returnable", message.dialogue->can_be_returned);
        facts.put_flag("had-enough", message.dialogue->had_enough);
    }
    if (message.watched.from_digest.has_value()) {
        facts.put_number("from.domains", *message.watched.from_digest);
    }
    if (message.watched.enrolled_digest.has_value()) {
        facts.put_number("from.enrolled", *message.watched.enrolled_digest);
    }
    if (message.lists.has_value()) {
        facts.put_number("lists", 1);
        facts.put("list.role", cut(message.lists->role_addresses));
        facts.put("list.disposable", cut(message.lists->disposable_domains));
    }
    facts.put("asked", joined(message.headers.asked));
    facts.put("present", joined(message.headers.present));
    facts.put("precedence", message.headers.precedence);
    facts.put("message-id", cut(message.message_id));
    facts.put("signal", cut(message.stream.signal));
    return facts.take();
}

void read_message_facts(std::string_view text, RecordedMessage& message) {
    const FactReader facts(text);
    if (facts.find("at") == wire_name(DecidedAt::Recipient)) {
        message.decided_at = DecidedAt::Recipient;
    }
    message.session = facts.text("session");
    message.utf8 = facts.flag("utf8") ? mail::Smtputf8::Yes : mail::Smtputf8::No;
    message.origin = {.user = facts.text("user"),
                      .daemon = facts.text("daemon"),
                      .client = mail::IpAddress::parse(facts.text("client")),
                      .over_smtp = !facts.flag("local")};
    message.named = facts.number("named").value_or(0);
    message.window = facts.number("window").value_or(0);
    message.window_length = std::chrono::seconds(facts.number("window.seconds").value_or(0));
    message.repeats_limit = facts.number("repeats.limit").value_or(0);
    for (const std::string& name : words(facts.text("watched"))) {
        if (const auto finding = terms::parse_finding_name(name)) {
            message.watched.about_message.push_back(*finding);
        }
    }
    message.watched.stop_above = facts.number("stop.above").value_or(100);
    message.watched.stop_minimum = facts.number("stop.minimum").value_or(0);
    message.watched.repeat_window =
        std::chrono::seconds(facts.number("repeat.seconds").value_or(0));
    const auto messages = facts.number("before.messages");
    const auto refusals = facts.number("before.refusals");
    if (messages.has_value() && refusals.has_value()) {
        message.dialogue = {.before = {.messages = *messages, .refusals = *refusals},
                            .asked_at_rcpt = facts.flag("asked-at-rcpt"),
                            .can_be_returned = facts.flag("returnable"),
                            .had_enough = facts.flag("had-enough")};
    }
    message.watched.from_digest = facts.number("from.domains");
    message.watched.enrolled_digest = facts.number("from.enrolled");
    if (facts.number("lists").has_value()) {
        message.lists = ListFiles{.role_addresses = facts.text("list.role"),
                                  .disposable_domains = facts.text("list.disposable")};
    }
    message.headers = {.asked = words(facts.text("asked")),
                       .present = words(facts.text("present")),
                       .precedence = facts.text("precedence")};
    message.message_id = facts.text("message-id");
    message.stream.signal = facts.find("signal").value_or("none");
}

namespace {

void put_over_limit(FactWriter& facts, const limits::OverLimit& over) {
    facts.put("limit", over.limit);
    facts.put("limit.cap", config::rate_text(over.cap));
    facts.put_number("limit.used", over.used);
    facts.put_number("limit.opens",
                     static_cast<std::uint64_t>(over.opens_at.time_since_epoch().count()));
    facts.put("limit.action", wire_name(over.action));
    facts.put_flag("limit.shadow", over.in_shadow);
}

std::optional<limits::OverLimit> read_over_limit(const FactReader& facts) {
    const auto cap = config::parse_rate(facts.text("limit.cap"));
    const auto action = terms::parse_policy_action(facts.text("limit.action"));
    if (!cap.has_value() || !action.has_value()) {
        return std::nullopt;
    }
    return limits::OverLimit{
        .limit = facts.text("limit"),
        .cap = *cap,
        .used = facts.number("limit.used").value_or(cap->count),
        .opens_at = core::TimePoint(std::chrono::milliseconds(
            static_cast<std::int64_t>(facts.number("limit.opens").value_or(0)))),
        .action = *action,
        .in_shadow = facts.flag("limit.shadow")};
}

}  // namespace

std::string recipient_facts(const RecordedRecipient& recipient) {
    FactWriter facts;
    facts.put("mailer", cut(recipient.mailer));
    const mail::RecipientSyntax& syntax = recipient.facts.syntax;
    if (!syntax.has_value()) {
        facts.put("syntax", wire_name(syntax.error()));
    } else if (syntax->is_unusual()) {
        std::vector<std::string> odd;
        odd.reserve(syntax->oddities.size());
        for (const mail::Oddity oddity : syntax->oddities) {
            odd.emplace_back(wire_name(oddity));
        }
        facts.put("odd", joined(odd));
    }
    if (recipient.facts.route.has_value()) {
        put_route(facts, *recipient.facts.route);
    }
    facts.put_flag("allowed", recipient.facts.allowed_by_store);
    facts.put_flag("took-mail", recipient.facts.domain_took_mail);
    facts.put_flag("role", recipient.facts.is_role);
    facts.put_flag("disposable", recipient.facts.is_disposable);
    facts.put("mailbox", recipient.facts.mailbox);
    facts.put_flag("sup.as-mailbox", recipient.facts.suppressed_as_mailbox);
    if (recipient.facts.suppression.has_value()) {
        put_suppression(facts, *recipient.facts.suppression);
    }
    if (recipient.facts.over_limit.has_value()) {
        put_over_limit(facts, *recipient.facts.over_limit);
    }
    if (recipient.unshadowed != recipient.action) {
        facts.put("unshadowed", wire_name(recipient.unshadowed));
    }
    std::vector<std::string> found;
    found.reserve(recipient.found.size());
    for (const terms::FindingName name : recipient.found) {
        found.emplace_back(wire_name(name));
    }
    facts.put("found", joined(found));
    facts.put_flag("overridden", recipient.overridden);
    return facts.take();
}

void read_recipient_facts(std::string_view text,
                          mail::Smtputf8 utf8,
                          RecordedRecipient& recipient) {
    const FactReader facts(text);
    recipient.mailer = facts.text("mailer");
    recipient.facts.syntax = read_syntax(facts, recipient.address, utf8);
    recipient.facts.route = read_route(facts);
    recipient.facts.allowed_by_store = facts.flag("allowed");
    recipient.facts.domain_took_mail = facts.flag("took-mail");
    recipient.facts.is_role = facts.flag("role");
    recipient.facts.is_disposable = facts.flag("disposable");
    recipient.facts.mailbox = facts.text("mailbox");
    recipient.facts.suppressed_as_mailbox = facts.flag("sup.as-mailbox");
    recipient.facts.suppression = read_suppression(facts, recipient);
    recipient.facts.over_limit = read_over_limit(facts);
    recipient.unshadowed =
        terms::parse_policy_action(facts.text("unshadowed")).value_or(recipient.action);
    recipient.overridden = facts.flag("overridden");
    for (const std::string& word : words(facts.text("found"))) {
        if (const auto name = terms::parse_finding_name(word)) {
            recipient.found.push_back(*name);
        }
    }
}

mail::EnvelopeSender recorded_sender(const std::string& text) {
    if (text.empty()) {
        return mail::NullSender{};
    }
    if (auto parsed = mail::Address::parse(text, mail::Smtputf8::Yes); parsed.has_value()) {
        return std::move(parsed->value);
    }
    return text;
}

std::string_view wire_name(DecidedAt when) {
    switch (when) {
        case DecidedAt::Recipient:
            return "recipient";
        case DecidedAt::Message:
            return "message";
    }
    std::unreachable();
}

}  // namespace holdback::replay
