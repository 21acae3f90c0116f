// SPDX-License-Identifier: Apache-2.0
#include "dsn/learn.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::dsn {

namespace {

using std::chrono::milliseconds;

/// A suppression grows to at most this many times the code's own expiry.
constexpr int kMostGrowth = 8;
/// The widest scope of what a seal proves. A sender gets the seal back in a receipt, and could show
/// it in an invented report.
constexpr terms::ScopeKind kWidestSealed = terms::ScopeKind::Sender;
static_assert(terms::ScopeKind::Global < kWidestSealed &&
              terms::ScopeKind::SenderDomain < kWidestSealed);
/// Octets of foreign text that an entry keeps.
constexpr std::size_t kMostText = 500;

std::chrono::sys_days day_of(core::TimePoint time) {
    return std::chrono::floor<std::chrono::days>(time);
}

terms::SuppressionReason reason_of(terms::FailureCode code) {
    if (code == terms::kComplaint) {
        return terms::SuppressionReason::Complaint;
    }
    return code == terms::kUnsubscribed ? terms::SuppressionReason::Unsubscribe
                                        : terms::SuppressionReason::Bounce;
}

bool is_wish(terms::SuppressionReason reason) {
    return reason == terms::SuppressionReason::Complaint ||
           reason == terms::SuppressionReason::Unsubscribe;
}

bool admin_decides(const terms::SuppressionEntry& entry) {
    return entry.source == terms::SuppressionSource::Admin ||
           entry.reason == terms::SuppressionReason::Allow ||
           entry.reason == terms::SuppressionReason::Manual;
}

/// True when an entry in force outranks a new failure. It then stays as it is.
bool stands_above(const terms::SuppressionEntry& entry,
                  const terms::CodeEntry& code,
                  const terms::CodeCatalogue& codes) {
    const bool wish = is_wish(reason_of(code.code));
    if (is_wish(entry.reason) || wish) {
        return is_wish(entry.reason) && !wish;
    }
    const terms::CodeEntry* known = codes.find(entry.code);
    const bool at_once = known == nullptr || known->learning != terms::Learning::Count;
    return at_once && code.learning == terms::Learning::Count;
}

/// The length of the suppression that this failure makes or counts towards; nullopt: for ever.
std::optional<milliseconds> next_length(const std::optional<terms::SuppressionEntry>& existing,
                                        const terms::CodeEntry& code,
                                        core::TimePoint now) {
    if (code.expiry.count() == 0) {
        return std::nullopt;
    }
    const milliseconds first = code.expiry;
    if (!existing.has_value() || !existing->expires.has_value()) {
        return first;
    }
    milliseconds length = *existing->expires - existing->last_seen;
    const bool served = existing->active && !existing->holds_at(now);
    if (served) {
        length *= 2;
    }
    return std::clamp(length, first, first * kMostGrowth);
}

/// True when an entry goes on counting another code that needs fewer strikes. A full mailbox that
/// sometimes defers mail is still full.
bool counts_rather(const terms::SuppressionEntry& entry,
                   const terms::CodeEntry& code,
                   core::TimePoint now,
                   const terms::CodeCatalogue& codes) {
    const terms::CodeEntry* counted = entry.active ? nullptr : codes.find(entry.code);
    return counted != nullptr && counted->code != code.code && counted->strikes < code.strikes &&
           now - entry.first_seen <= counted->window;
}

/// The strikes including this failure, and whether it falls on a new day.
struct Strikes {
    int count;
    bool fresh_day;
    bool fresh_count;  ///< the count begins with this failure
};

Strikes count_strikes(const std::optional<terms::SuppressionEntry>& existing,
                      const terms::CodeEntry& code,
                      core::TimePoint now) {
    if (!existing.has_value()) {
        return {.count = 1, .fresh_day = true, .fresh_count = true};
    }
    const bool served = existing->active && !existing->holds_at(now);
    const bool stale = !existing->active && now - existing->first_seen > code.window;
    const bool other = !existing->active && existing->code != code.code;
    if (served || stale || other) {
        return {.count = 1, .fresh_day = true, .fresh_count = true};
    }
    const bool fresh_day = day_of(now) > day_of(existing->last_seen);
    return {.count = existing->strikes + (fresh_day ? 1 : 0),
            .fresh_day = fresh_day,
            .fresh_count = false};
}

/// Besides proofs, the settings may name sources that are believed.
bool is_believed(const RecipientProof& proof, const config::LearnSettings& settings) {
    return proof.reason == ProofReason::FeedbackLoop || proof.reason == ProofReason::Unsubscribe ||
           std::ranges::find(settings.from, proof.proof) != settings.from.end();
}

/// The most groups of recipients whose SMTP stage is looked for. Each costs a look through the
/// text.
constexpr std::size_t kMostGroups = 64;
/// Octets of the text about one recipient.
constexpr std::size_t kBlockOctets = 1000;

/// The stage at which a recipient was refused, told by its own fields; otherwise by the text (in
/// lower case) about it, as Postfix writes it, or the dialogue, as Sendmail shows it.
reading::SmtpStage stage_of(const RecipientReport& recipient, const std::string& text) {
    reading::SmtpStage stage = reading::stage_in(recipient.diagnostic);
    for (const std::string& name : {recipient.original_recipient, recipient.final_recipient}) {
        const std::size_t at = name.empty() ? std::string::npos : text.find(core::to_lower(name));
        if (stage == reading::SmtpStage::Unknown && at != std::string::npos) {
            stage = reading::stage_in(std::string_view(text).substr(at, kBlockOctets));
        }
    }
    return stage == reading::SmtpStage::Unknown && text.find("<<<") != std::string::npos
               ? reading::stage_in(text)
               : stage;
}

std::string kept_text(std::string_view text) {
    return core::to_valid_utf8(text.substr(0, kMostText));
}

core::Result<mail::Address, LearnReason> address_of(const Evidence& evidence) {
    const auto parsed = mail::Address::parse(failed_recipient(evidence), mail::Smtputf8::Yes);
    if (!parsed.has_value()) {
        return std::unexpected(LearnReason::NoAddress);
    }
    return parsed->value;
}

/// The local part without a "+" detail.
std::string_view mailbox_name(std::string_view key) {
    const std::string_view local = key.substr(0, key.rfind('@'));
    return local.substr(0, local.find('+'));
}

/// True for a sender that was rewritten on the way (SRS, VERP) and contains the whole address.
bool contains_address(std::string_view key, const mail::Address& address) {
    const std::string_view local = key.substr(0, key.rfind('@'));
    return local.find(address.domain().text()) != std::string_view::npos &&
           local.find(mailbox_name(address.key())) != std::string_view::npos;
}

}  // namespace

std::optional<mail::Address> member_of(const RecipientReport& report, const RecipientProof& proof) {
    const auto failed = mail::Address::parse(report.final_recipient, mail::Smtputf8::Yes);
    const auto mailed = mail::Address::parse(proof.mailed, mail::Smtputf8::Yes);
    if (!failed.has_value() || !mailed.has_value()) {
        return std::nullopt;
    }
    const std::string failed_key = failed->value.key();
    const std::string mailed_key = mailed->value.key();
    const bool same = mailbox_name(failed_key) == mailbox_name(mailed_key) ||
                      contains_address(failed_key, mailed->value);
    return same ? std::nullopt : std::optional(failed->value);
}

std::vector<bool> refused_together(const Report& report) {
    // Recipients to which a host gave the same answer.
    std::map<std::pair<std::string_view, std::string_view>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < report.recipients.size(); ++i) {
        const RecipientReport& recipient = report.recipients[i];
        if (recipient.action == Action::Failed) {
            groups[{recipient.remote_mta, recipient.diagnostic}].push_back(i);
        }
    }
    std::vector<bool> together(report.recipients.size());
    std::size_t looked_at = 0;
    const std::string text = core::to_lower(report.human_text);
    for (const auto& [told, members] : groups) {
        if (members.size() > 1 && ++looked_at <= kMostGroups &&
            stage_of(report.recipients[members.front()], text) == reading::SmtpStage::Data) {
            for (const std::size_t i : members) {
                together[i] = true;
            }
        }
    }
    return together;
}

std::string_view wire_name(LearnReason reason) {
    switch (reason) {
        case LearnReason::Suppressed:
            return "suppressed";
        case LearnReason::Counted:
            return "counted";
        case LearnReason::Renewed:
            return "renewed";
        case LearnReason::SameDay:
            return "same-day";
        case LearnReason::Off:
            return "off";
        case LearnReason::Unproven:
            return "unproven";
        case LearnReason::NoFailure:
            return "no-failure";
        case LearnReason::NeverTeaches:
            return "never-teaches";
        case LearnReason::NotAttributed:
            return "not-attributed";
        case LearnReason::NoAddress:
            return "no-address";
        case LearnReason::AdminDecides:
            return "admin-decides";
        case LearnReason::StrongerStands:
            return "stronger-stands";
        case LearnReason::KnownAlready:
            return "known-already";
        case LearnReason::StoreTrouble:
            return "store-trouble";
        case LearnReason::Outage:
            return "outage";
        case LearnReason::NoSender:
            return "no-sender";
        case LearnReason::WholeMessage:
            return "whole-message";
        case LearnReason::DomainUnproven:
            return "domain-unproven";
        case LearnReason::LocalDomain:
            return "local-domain";
        case LearnReason::DnsDisagrees:
            return "dns-disagrees";
        case LearnReason::NotOurMessage:
            return "not-our-message";
        case LearnReason::Contradicted:
            return "contradicted";
        case LearnReason::LogTells:
            return "log-tells";
        case LearnReason::BehindAlias:
            return "behind-alias";
    }
    std::unreachable();
}

core::Result<terms::SuppressionKey, LearnReason> learn_key(const Evidence& evidence,
                                                           const terms::CodeCatalogue& codes,
                                                           const config::LearnSettings& settings) {
    const ClassifiedRecipient& failure = evidence.failure;
    if (!settings.enabled) {
        return std::unexpected(LearnReason::Off);
    }
    // A complaint is about mail that was delivered.
    if (failure.report.action != Action::Failed && !is_wish(reason_of(failure.code))) {
        return std::unexpected(LearnReason::NoFailure);
    }
    const terms::CodeEntry* code = codes.find(failure.code);
    if (code == nullptr || code->learning == terms::Learning::Never) {
        return std::unexpected(LearnReason::NeverTeaches);
    }
    if (!is_believed(evidence.proof, settings)) {
        return std::unexpected(LearnReason::Unproven);
    }
    const auto address = address_of(evidence);
    if (!address.has_value()) {
        return std::unexpected(address.error());
    }
    const bool wish = is_wish(reason_of(code->code));
    if (!wish && member_of(failure.report, evidence.proof).has_value()) {
        return std::unexpected(LearnReason::BehindAlias);
    }
    if (evidence.refused_together && !wish) {
        return std::unexpected(LearnReason::WholeMessage);
    }
    const bool about_domain = code->learning == terms::Learning::SuppressDomain;
    terms::ScopeKind scope = settings.scope.of(reason_of(code->code));
    if (!about_domain) {
        scope = std::max(scope, evidence.widest);
    }
    if (evidence.proof.proof == terms::Proof::Sealed) {
        scope = std::max(scope, kWidestSealed);
    }
    terms::SuppressionKey key;
    key.scope = terms::scope_of(scope, evidence.sender, address->key());
    if (key.scope.kind() != scope) {
        return std::unexpected(LearnReason::NoSender);
    }
    if (about_domain) {
        if (evidence.proof.proof != terms::Proof::Local) {
            return std::unexpected(LearnReason::DomainUnproven);
        }
        key.kind = terms::SubjectKind::Domain;
        key.subject = address->domain().text();
    } else {
        key.subject = address->key();
    }
    return key;
}

const std::string& failed_recipient(const Evidence& evidence) {
    return evidence.proof.mailed.empty() ? evidence.failure.report.recipient()
                                         : evidence.proof.mailed;
}

bool speaks_of_mailbox(terms::FailureCode code, const terms::CodeCatalogue& codes) {
    const terms::CodeEntry* entry = codes.find(code);
    return entry != nullptr && reason_of(code) == terms::SuppressionReason::Bounce &&
           (entry->learning == terms::Learning::Suppress ||
            (entry->learning == terms::Learning::Count &&
             entry->failure_class == terms::FailureClass::Permanent));
}

Lesson learn(const std::optional<terms::SuppressionEntry>& existing,
             const terms::SuppressionKey& key,
             const Evidence& evidence,
             core::TimePoint now,
             const terms::CodeCatalogue& codes) {
    const terms::CodeEntry* code = codes.find(evidence.failure.code);
    if (code == nullptr || code->learning == terms::Learning::Never) {
        return {std::nullopt, LearnReason::NeverTeaches};
    }
    if (existing.has_value() && admin_decides(*existing)) {
        return {std::nullopt, LearnReason::AdminDecides};
    }
    const bool held = existing.has_value() && existing->holds_at(now);
    if (held && stands_above(*existing, *code, codes)) {
        return {std::nullopt, LearnReason::StrongerStands};
    }
    const bool counts = code->learning == terms::Learning::Count;
    if (counts && existing.has_value() && counts_rather(*existing, *code, now, codes)) {
        return {std::nullopt, LearnReason::StrongerStands};
    }
    const Strikes strikes = count_strikes(existing, *code, now);
    if (counts && !held && !strikes.fresh_day) {
        return {std::nullopt, LearnReason::SameDay};
    }
    const auto length = next_length(existing, *code, now);
    terms::SuppressionEntry next;
    next.kind = key.kind;
    next.subject = key.subject;
    next.scope = key.scope;
    next.reason = reason_of(code->code);
    next.code = code->code;
    next.source = terms::SuppressionSource::Learned;
    next.strikes = strikes.count;
    next.first_seen = strikes.fresh_count ? now : existing->first_seen;
    next.last_seen = now;
    if (length.has_value()) {
        next.expires = now + *length;
    }
    next.active = !counts || held || strikes.count >= code->strikes;
    next.proof = evidence.proof.proof;
    next.rule = evidence.failure.rule;
    next.diagnostic = kept_text(evidence.failure.report.diagnostic);
    next.message_id = kept_text(evidence.message_id);
    LearnReason reason = next.active ? LearnReason::Suppressed : LearnReason::Counted;
    if (held) {
        reason = LearnReason::Renewed;
    }
    return {std::move(next), reason};
}

std::vector<std::string> event_names(const Report& report,
                                     const RecipientReport& recipient,
                                     const RecipientProof& proof,
                                     core::TimePoint now,
                                     std::string_view letter) {
    std::string who = core::to_lower(proof.mailed.empty() ? recipient.recipient() : proof.mailed);
    if (const auto member = member_of(recipient, proof)) {
        who = fmt::format("{} {}", member->key(), who);
    }
    std::vector<std::string> names;
    const auto add = [&](std::string_view kind, std::string_view a, std::string_view b) {
        names.push_back(core::digest_hex(std::to_array<std::string_view>({kind, a, b, who})));
    };
    if (!proof.message.empty()) {
        add("seal", proof.message, {});
    }
    if (!report.returned.message_id.empty()) {
        add("message-id", report.returned.message_id, {});
    }
    if (!report.envelope_id.empty()) {
        add("envelope-id", report.envelope_id, {});
    }
    if (!report.queue_id.empty() && proof.proof == terms::Proof::Local) {
        names.push_back(local_event_name(report.queue_id, who));
    } else if (!report.queue_id.empty()) {
        add("queue-id", report.reporting_mta, report.queue_id);
    }
    const bool is_letter =
        report.kind == MessageKind::Unsubscribe || report.kind == MessageKind::Complaint;
    if (names.empty() && is_letter && !letter.empty()) {
        add("letter", letter, {});
    }
    if (names.empty()) {
        add("text",
            recipient.diagnostic,
            fmt::format("{}", day_of(now).time_since_epoch().count()));
    }
    return names;
}

std::string local_event_name(std::string_view queue_id, std::string_view recipient) {
    return core::digest_hex(
        std::to_array<std::string_view>({"local-queue-id", queue_id, core::to_lower(recipient)}));
}

}  // namespace holdback::dsn
