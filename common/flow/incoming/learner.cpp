// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/learner.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/iso_time.hpp"
#include "core/text.hpp"
#include "dsn/learn.hpp"
#include "dsn/outage.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/outcome.hpp"
#include "mail/provider.hpp"
#include "mail/syntax.hpp"
#include "outbound/local_route.hpp"
#include "outbound/mail_route.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/suppression_store.hpp"
#include "report/decision.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

std::string_view domain_of(const terms::SuppressionKey& key) {
    const std::size_t at = key.subject.rfind('@');
    return std::string_view(key.subject).substr(at == std::string::npos ? 0 : at + 1);
}

/// True for what deliveries can prove wrong: the list's own conclusions from bounces.
bool is_learned_bounce(const terms::SuppressionEntry& entry) {
    return entry.source == terms::SuppressionSource::Learned &&
           entry.reason == terms::SuppressionReason::Bounce;
}

/// True when DNS itself says that the domain does not exist or takes no mail. Hosts that are
/// unusable for us may be usable for others.
bool is_certain_failure(outbound::RouteKind route) {
    return route == outbound::RouteKind::NoSuchDomain || route == outbound::RouteKind::NoMailHost ||
           route == outbound::RouteKind::NullMx;
}

}  // namespace

report::LearnOutcome outcome_of(dsn::LearnReason reason) {
    switch (reason) {
        case dsn::LearnReason::Suppressed:
        case dsn::LearnReason::Renewed:
            return report::LearnOutcome::Suppressed;
        case dsn::LearnReason::Counted:
            return report::LearnOutcome::Counted;
        case dsn::LearnReason::SameDay:
        case dsn::LearnReason::Off:
        case dsn::LearnReason::Unproven:
        case dsn::LearnReason::NoFailure:
        case dsn::LearnReason::NeverTeaches:
        case dsn::LearnReason::NotAttributed:
        case dsn::LearnReason::NoAddress:
        case dsn::LearnReason::AdminDecides:
        case dsn::LearnReason::StrongerStands:
        case dsn::LearnReason::KnownAlready:
        case dsn::LearnReason::StoreTrouble:
        case dsn::LearnReason::Outage:
        case dsn::LearnReason::NoSender:
        case dsn::LearnReason::WholeMessage:
        case dsn::LearnReason::DomainUnproven:
        case dsn::LearnReason::LocalDomain:
        case dsn::LearnReason::DnsDisagrees:
        case dsn::LearnReason::NotOurMessage:
        case dsn::LearnReason::Contradicted:
        case dsn::LearnReason::LogTells:
        case dsn::LearnReason::BehindAlias:
            return report::LearnOutcome::No;
    }
    return report::LearnOutcome::No;
}

void Learner::recover() {
    const auto known = parts_.outages.list();
    if (!known.has_value()) {
        trouble("earlier outages can't be read", known.error());
        return;
    }
    watch_.with([&](dsn::OutageWatch& watch) {
        for (const dsn::Outage& outage : *known) {
            if (!outage.closed.has_value()) {
                watch.restore(outage);
            }
        }
    });
}

std::optional<ports::Acceptance> Learner::acceptance_of(std::string_view recipient) const {
    auto accepted = parts_.journal.accepted(recipient);
    if (!accepted.has_value()) {
        trouble("the journal can't be asked who takes mail", accepted.error());
        return std::nullopt;
    }
    return *std::move(accepted);
}

bool Learner::is_outage(const Failure& failure,
                        const terms::SuppressionKey& key,
                        std::string& provider,
                        const Snapshot& snapshot) {
    const config::OutageSettings& settings = snapshot.settings.outage;
    provider = mail::provider_of(failure.remote_host, domain_of(key));
    // A provider with broken DNS is as broken as one that has lost its list of users.
    const bool about_domain = key.kind == terms::SubjectKind::Domain;
    if (!settings.enabled ||
        (!about_domain && !dsn::speaks_of_mailbox(failure.evidence.failure.code, snapshot.codes))) {
        return false;
    }
    const std::string recipient =
        about_domain ? mail::recipient_key(dsn::failed_recipient(failure.evidence)) : key.subject;
    const core::TimePoint now = parts_.clock.now();
    bool known_good = false;
    if (const auto acceptance = acceptance_of(recipient)) {
        known_good =
            now - acceptance->last <= settings.known_good && now - acceptance->first >= kSettleTime;
        // The relay that took the recipient's mail names the provider best.
        provider = acceptance->provider;
    }
    const auto opened = watch_.with([&](dsn::OutageWatch& watch) {
        return known_good ? watch.bounced(provider, recipient, now, settings) : std::nullopt;
    });
    if (opened.has_value()) {
        record(*opened);
        parts_.log.write(
            ports::Severity::Error,
            fmt::format("outage: {} of {} recipients at {} who used to accept mail bounce as "
                        "unknown: nothing is learned from there any more; what was learned "
                        "before can be undone by: holdbackctl suppress rollback --mx {} --since {}",
                        opened->bounced,
                        opened->bounced + opened->accepted,
                        core::printable(provider),
                        core::printable(provider),
                        core::iso_time(opened->began)));
    }
    return watch_.with([&](const dsn::OutageWatch& watch) { return watch.is_open(provider); });
}

std::optional<dsn::LearnReason> Learner::objection_to(const std::string& domain,
                                                      core::SteadyPoint until,
                                                      const Snapshot& snapshot) {
    const auto parsed = mail::Domain::parse(domain, mail::Smtputf8::No);
    if (!parsed.has_value() || parsed->value.is_literal() ||
        outbound::why_local(parsed->value, {}, snapshot.settings).has_value()) {
        return dsn::LearnReason::LocalDomain;
    }
    const auto answers = parts_.resolver.collect(std::array{parsed->value}, until);
    const outbound::MailRoute route = outbound::mail_route(parsed->value, answers.front());
    return is_certain_failure(route.kind) ? std::nullopt
                                          : std::optional(dsn::LearnReason::DnsDisagrees);
}

void Learner::prepare(const dsn::Evidence& evidence, const Snapshot& snapshot) {
    const auto key = dsn::learn_key(evidence, snapshot.codes, snapshot.settings.learn);
    if (!key.has_value() || key->kind != terms::SubjectKind::Domain) {
        return;
    }
    if (const auto domain = mail::Domain::parse(key->subject, mail::Smtputf8::No);
        domain.has_value() && !domain->value.is_literal()) {
        parts_.resolver.start(domain->value);
    }
}

dsn::LearnReason Learner::learn(const Failure& failure, const Snapshot& snapshot) {
    const auto key = dsn::learn_key(failure.evidence, snapshot.codes, snapshot.settings.learn);
    if (!key.has_value()) {
        return key.error();
    }
    if (key->kind == terms::SubjectKind::Domain) {
        if (const auto objection = objection_to(key->subject, failure.look_up_until, snapshot)) {
            return *objection;
        }
    }
    ports::LearnEvent event{.names = failure.events, .provider = {}, .at = parts_.clock.now()};
    if (is_outage(failure, *key, event.provider, snapshot)) {
        return dsn::LearnReason::Outage;
    }
    std::optional<dsn::LearnReason> reason;
    const auto written = parts_.suppressions.learn(
        *key, event, [&](const std::optional<terms::SuppressionEntry>& existing) {
            dsn::Lesson lesson =
                dsn::learn(existing, *key, failure.evidence, event.at, snapshot.codes);
            reason = lesson.reason;
            return lesson.next;
        });
    if (!written.has_value()) {
        trouble("a proven failure was not learned", written.error());
        return dsn::LearnReason::StoreTrouble;
    }
    const bool about_mailbox =
        key->kind == terms::SubjectKind::Address &&
        dsn::speaks_of_mailbox(failure.evidence.failure.code, snapshot.codes);
    if (reason.has_value() && about_mailbox) {
        refute(key->subject);
    }
    return reason.value_or(dsn::LearnReason::KnownAlready);
}

void Learner::refute(std::string_view recipient) {
    if (const auto done = parts_.journal.refute(recipient); !done.has_value()) {
        trouble("the journal still counts mail that came back as accepted", done.error());
    }
}

bool Learner::lift(const terms::SuppressionSubject& subject, core::TimePoint at, const Fits& fits) {
    const auto entries = parts_.suppressions.find_all(subject);
    if (!entries.has_value()) {
        trouble("a delivery can't be compared with the suppression list", entries.error());
        return false;
    }
    return std::ranges::all_of(*entries, [&](const terms::SuppressionEntry& entry) {
        return !is_learned_bounce(entry) || entry.last_seen >= at || !fits(entry) ||
               remove(subject, entry);
    });
}

bool Learner::remove(const terms::SuppressionSubject& subject,
                     const terms::SuppressionEntry& entry) {
    const auto removed = parts_.suppressions.remove(
        {.kind = subject.kind, .subject = subject.text, .scope = entry.scope});
    if (!removed.has_value()) {
        trouble("an entry that a delivery proved wrong stays", removed.error());
        return false;
    }
    if (*removed) {
        parts_.log.write(
            ports::Severity::Info,
            report::decision_line(report::LiftDecision{.subject = subject.text,
                                                       .scope = entry.scope.text(),
                                                       .code = entry.code,
                                                       .since = core::iso_time(entry.first_seen)}));
    }
    return true;
}

bool Learner::delivered(const mail::Address& recipient,
                        std::string_view provider,
                        core::TimePoint at,
                        const Snapshot& snapshot) {
    const std::string key = recipient.key();
    if (snapshot.settings.outage.enabled) {
        const core::TimePoint now = parts_.clock.now();
        watch_.with([&](dsn::OutageWatch& watch) {
            watch.accepted(provider, key, now, snapshot.settings.outage);
        });
    }
    if (!snapshot.settings.learn.enabled) {
        return true;
    }
    const Fits all = [](const terms::SuppressionEntry&) { return true; };
    const Fits is_proven_wrong = [&](const terms::SuppressionEntry& entry) {
        if (entry.proof == terms::Proof::Local) {
            return true;
        }
        const auto acceptance = acceptance_of(key);
        return acceptance.has_value() && at - acceptance->first >= kSettleTime;
    };
    return lift({.kind = terms::SubjectKind::Address, .text = key}, at, is_proven_wrong) &&
           lift({.kind = terms::SubjectKind::Domain, .text = recipient.domain().text()}, at, all);
}

bool Learner::delivered_for(const mail::EnvelopeSender& sender,
                            const mail::Address& recipient,
                            core::TimePoint at,
                            const Snapshot& snapshot) {
    if (!snapshot.settings.learn.enabled) {
        return true;
    }
    return lift({.kind = terms::SubjectKind::Address, .text = recipient.key()},
                at,
                [&](const terms::SuppressionEntry& entry) {
                    return entry.scope.kind() == terms::ScopeKind::Sender &&
                           entry.scope.covers(sender, recipient.key());
                });
}

bool Learner::take_back(const mail::Address& recipient, const Snapshot& snapshot) {
    return !snapshot.settings.learn.enabled ||
           lift({.kind = terms::SubjectKind::Address, .text = recipient.key()},
                core::TimePoint::max(),
                [](const terms::SuppressionEntry& entry) {
                    return entry.proof == terms::Proof::Local;
                });
}

void Learner::takes_mail(const mail::Domain& domain, const config::LearnSettings& settings) {
    if (!settings.enabled) {
        return;
    }
    static_cast<void>(lift({.kind = terms::SubjectKind::Domain, .text = domain.text()},
                           core::TimePoint::max(),
                           [](const terms::SuppressionEntry&) { return true; }));
}

void Learner::work(const config::OutageSettings& settings) {
    const core::TimePoint now = parts_.clock.now();
    const std::vector<dsn::Outage> ended =
        watch_.with([&](dsn::OutageWatch& watch) { return watch.close_ended(now, settings); });
    for (const dsn::Outage& outage : ended) {
        record(outage);
        parts_.log.write(
            ports::Severity::Warning,
            fmt::format("outage: over at {}: it began at {} and {} recipients bounced; their "
                        "bounces count again",
                        core::printable(outage.provider),
                        core::iso_time(outage.began),
                        outage.bounced));
    }
}

std::vector<dsn::Outage> Learner::outages() const {
    return watch_.with([](const dsn::OutageWatch& watch) { return watch.open(); });
}

void Learner::record(const dsn::Outage& outage) {
    if (const auto put = parts_.outages.put(outage); !put.has_value()) {
        trouble("an outage was not recorded", put.error());
    }
}

void Learner::trouble(std::string_view what, const ports::StoreError& error) const {
    trouble_.say(ports::Severity::Error, what, error.what);
}

}  // namespace holdback::flow::incoming
