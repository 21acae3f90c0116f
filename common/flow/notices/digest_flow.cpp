// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/digest_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/notice_terms.hpp"
#include "flow/own_mail.hpp"
#include "letters/digest_mail.hpp"
#include "ports/digest_store.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::flow::notices {

namespace {

/// A digest covers no more than this, however long the daemon was down.
constexpr std::chrono::days kLongestTime{7};

std::vector<letters::DigestLine> lines_of(const std::vector<ports::DigestCount>& counts) {
    std::vector<letters::DigestLine> lines;
    lines.reserve(counts.size());
    for (const ports::DigestCount& count : counts) {
        lines.push_back({.name = count.name, .count = count.count});
    }
    return lines;
}

void take_counts(const ports::DigestSummary& summary, letters::DigestFacts& facts) {
    facts.new_items = summary.new_items;
    facts.causes = lines_of(summary.causes);
    facts.senders = lines_of(summary.senders);
    facts.ended = {{.name = "released", .count = summary.released},
                   {.name = "returned", .count = summary.returned},
                   {.name = "discarded", .count = summary.discarded}};
    facts.held = summary.held;
    facts.stuck = summary.stuck;
    facts.in_doubt = summary.in_doubt;
    facts.endless = summary.endless;
    facts.own_unsent = summary.own_unsent;
    facts.expiring = summary.expiring;
    for (const ports::ExpiringItem& item : summary.expiring_items) {
        facts.expiring_items.push_back({.item = item.id,
                                        .sender = item.sender,
                                        .recipient = item.recipient,
                                        .finding = item.finding,
                                        .expires_at = item.expires_at});
    }
}

}  // namespace

void DigestFlow::work(const config::Settings& settings) {
    if (settings.digest.to.empty() || settings.mode == config::Mode::Shadow) {
        return;
    }
    const core::TimePoint now = parts_.clock.now();
    const auto local = now.time_since_epoch() + parts_.local_offset(now);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    if (local - day < settings.digest.at || (done_.has_value() && *done_ >= day)) {
        return;
    }
    send(day, settings);
}

void DigestFlow::send(std::chrono::days day, const config::Settings& settings) {
    const auto last = parts_.digests.last_digest();
    if (!last.has_value()) {
        trouble(last.error().what);
        return;
    }
    const std::optional<ports::DigestStore::Last>& before = *last;
    if (before.has_value() && before->day >= day) {
        done_ = before->day;
        return;
    }
    const core::TimePoint now = parts_.clock.now();
    const core::TimePoint since = before.has_value() ? std::max(before->sent_at, now - kLongestTime)
                                                     : now - std::chrono::days(1);
    const auto summary = parts_.digests.summary(since, now + settings.digest.warn_before);
    if (!summary.has_value()) {
        trouble(summary.error().what);
        return;
    }
    letters::DigestFacts facts = facts_of(*summary, settings);
    facts.now = now;
    facts.since = since;
    facts.message_id =
        fmt::format("digest.{}.{}@{}", day.count(), now.time_since_epoch().count(), facts.host);
    const auto own =
        parts_.own_mail.prepare({.to = facts.to,
                                 .octets = letters::compose_digest(facts),
                                 .what = "a digest made by Holdback on its way to the MTA",
                                 .fingerprint = {}});
    if (!own.has_value()) {
        trouble(own.error());
        return;
    }
    const auto put = parts_.digests.put_digest(day, *own);
    if (!put.has_value() || !*put) {
        parts_.own_mail.drop(*own);
    }
    if (!put.has_value()) {
        trouble(put.error().what);
        return;
    }
    done_ = day;
    if (*put) {
        parts_.log.write(ports::Severity::Info,
                         fmt::format("digest: sent to {}, held={} expiring={}",
                                     core::log_safe(fmt::format("{}", fmt::join(facts.to, " "))),
                                     facts.held,
                                     facts.expiring));
    }
}

letters::DigestFacts DigestFlow::facts_of(const ports::DigestSummary& summary,
                                          const config::Settings& settings) const {
    letters::DigestFacts facts;
    take_counts(summary, facts);
    facts.host = parts_.own_mail.host_name();
    facts.address = notice_address(settings.notice, facts.host);
    facts.to = settings.digest.to;
    facts.warn_before = settings.digest.warn_before;
    facts.at_expiry = settings.hold.at_expiry;
    facts.outages = parts_.outages();
    return facts;
}

void DigestFlow::trouble(std::string_view what) {
    if (limit_.admit("digest", parts_.clock.steady_now()).has_value()) {
        parts_.log.write(ports::Severity::Error, fmt::format("digest: {}", core::log_safe(what)));
    }
}

}  // namespace holdback::flow::notices
