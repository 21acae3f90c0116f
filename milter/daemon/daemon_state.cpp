// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/daemon_state.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/outage.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/incoming/outcome_flow.hpp"
#include "flow/snapshot.hpp"
#include "flow/spool_room.hpp"
#include "io/dns/dns_source.hpp"
#include "milter/control_protocol.hpp"
#include "milter/version.hpp"
#include "outbound/campaign.hpp"
#include "report/metrics.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

std::vector<report::MetricValue> values_of(const std::vector<dsn::Outage>& outages) {
    std::vector<report::MetricValue> broken;
    broken.reserve(outages.size());
    for (const dsn::Outage& outage : outages) {
        broken.push_back({.label = outage.provider, .value = 1});
    }
    return broken;
}

std::vector<report::Metric> spool_metrics(const flow::SpoolRoom::State& spool) {
    const auto one = [](std::uint64_t value) {
        return std::vector<report::MetricValue>{{.label = {}, .value = value}};
    };
    return {{.name = "holdback_spool_octets",
             .help = "Octets of held messages.",
             .type = report::MetricType::Gauge,
             .values = one(spool.used)},
            {.name = "holdback_spool_full",
             .help = "1 while a limit of the spool keeps mail from being held.",
             .type = report::MetricType::Gauge,
             .values = one(spool.full.empty() ? 0 : 1)}};
}

std::vector<report::MetricValue> stopped_ones(const flow::CampaignWatch& campaigns) {
    std::vector<report::MetricValue> stopped;
    // Several issues of one list may be stopped: the exposition adds them up.
    for (const outbound::Campaign& campaign : campaigns.stopped()) {
        stopped.push_back({.label = campaign.name, .value = 1});
    }
    return stopped;
}

/// The lines of a text but the empty ones.
std::vector<ControlLine> lines_of(std::string_view text) {
    std::vector<ControlLine> lines;
    for (const std::string_view line : core::split(text, '\n')) {
        if (!line.empty()) {
            lines.push_back({std::string(line)});
        }
    }
    return lines;
}

}  // namespace

std::vector<ControlLine> DaemonState::cache_lines() const {
    const auto resolver = parts_.resolver.current();
    if (resolver == nullptr) {
        return {};
    }
    const io::dns::DnsCounters counters = resolver->counters();
    return {number_line("dns_cache_entries", counters.entries),
            number_line("dns_cache_hits", counters.hits),
            number_line("dns_cache_misses", counters.misses),
            number_line("dns_cache_stale", counters.stale),
            number_line("dns_queries", counters.queries),
            number_line("dns_tcp", counters.tcp),
            number_line("dns_ignored", counters.ignored),
            number_line("dns_unresolved", counters.unresolved)};
}

std::vector<ControlLine> DaemonState::status() const {
    const std::shared_ptr<const flow::Snapshot> snapshot = parts_.snapshots.current();
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.steady_now() -
                                                                         parts_.started);
    std::vector<ControlLine> lines{
        {"version", std::string(kVersion)},
        {"mode", std::string(config::wire_name(snapshot->settings.mode))},
        {"settings", parts_.settings_path},
        number_line("pid", static_cast<std::uint64_t>(getpid())),
        number_line("uptime_seconds", static_cast<std::uint64_t>(uptime.count())),
        number_line("connections", parts_.counters.connections.load()),
        number_line("messages", parts_.counters.messages.load()),
        number_line("messages_in_flight", parts_.counters.messages_in_flight.load()),
        number_line("waiting", parts_.waiting.waiting()),
        number_line("internal_errors", parts_.counters.internal_errors.load()),
        number_line("messages_unchecked", parts_.use_cases.outbound.report.count_of_unchecked()),
        number_line("complaints_not_attributed", parts_.use_cases.inbound.unattributed()),
        number_line("codes", snapshot->codes.entries().size()),
        number_line("rules", snapshot->knowledge.rules.rules().size()),
        number_line("seal_keys", parts_.use_cases.seals.keys().size()),
        number_line("outages", parts_.use_cases.learner.outages().size()),
        number_line("campaigns_stopped", parts_.use_cases.campaigns.stopped().size())};
    const std::vector<ControlLine> dns = parts_.dns_watch.status();
    lines.insert(lines.end(), dns.begin(), dns.end());
    const flow::SpoolRoom::State spool = parts_.use_cases.spool_room.state(snapshot->settings.hold);
    lines.push_back({"spool", spool.full.empty() ? "ok" : fmt::format("full: {}", spool.full)});
    lines.push_back(number_line("spool_octets", spool.used));
    if (spool.room.has_value()) {
        lines.push_back(number_line("spool_room_octets", *spool.room));
    }
    lines.push_back(number_line("spool_senders_full", spool.senders_over));
    const std::vector<ControlLine> descriptors = parts_.descriptors.status();
    lines.insert(lines.end(), descriptors.begin(), descriptors.end());
    lines.push_back(number_line("log_lines_lost", parts_.log.lost()));
    lines.push_back(number_line("log_lines_late", parts_.log.late()));
    const std::vector<ControlLine> store = parts_.store.status();
    lines.insert(lines.end(), store.begin(), store.end());
    const std::vector<ControlLine> cache = cache_lines();
    lines.insert(lines.end(), cache.begin(), cache.end());
    const std::vector<ControlLine> following = parts_.log_following.status();
    lines.insert(lines.end(), following.begin(), following.end());
    const std::vector<ControlLine> recording = parts_.recording.status();
    lines.insert(lines.end(), recording.begin(), recording.end());
    return lines;
}

std::vector<ControlLine> DaemonState::metrics() const {
    using report::MetricType;
    const auto count = [](std::uint64_t value) {
        return std::vector<report::MetricValue>{{.label = {}, .value = value}};
    };
    const flow::incoming::FollowState followed = parts_.log_following.state();
    std::vector<report::Metric> all{
        {.name = "holdback_connections_total",
         .help = "Connections of the MTA.",
         .values = count(parts_.counters.connections.load())},
        {.name = "holdback_messages_total",
         .help = "Messages seen.",
         .values = count(parts_.counters.messages.load())},
        {.name = "holdback_messages_in_flight",
         .help = "Messages under way.",
         .type = MetricType::Gauge,
         .values = count(parts_.counters.messages_in_flight.load())},
        {.name = "holdback_internal_errors_total",
         .help = "Errors that were answered by [on_error] internal.",
         .values = count(parts_.counters.internal_errors.load())},
        {.name = "holdback_messages_unchecked_total",
         .help = "Outgoing messages that passed unchecked because of trouble of ours.",
         .values = count(parts_.use_cases.outbound.report.count_of_unchecked())},
        {.name = "holdback_complaints_not_attributed_total",
         .help =
             "Complaints whose provider hides who complained, and whose recipient no seal names.",
         .values = count(parts_.use_cases.inbound.unattributed())},
        {.name = "holdback_outcomes_total",
         .help = "Ends of deliveries in the log of the MTA.",
         .label_name = "result",
         .values = {{.label = "sent", .value = followed.sent},
                    {.label = "deferred", .value = followed.deferred},
                    {.label = "bounced", .value = followed.bounced}}},
        {.name = "holdback_outage",
         .help = "Providers that are broken, so that nothing is learned from them.",
         .type = MetricType::Gauge,
         .label_name = "provider",
         .values = values_of(parts_.use_cases.learner.outages())},
        {.name = "holdback_campaign_stopped",
         .help = "Campaigns that were stopped for their bad recipients.",
         .type = MetricType::Gauge,
         .label_name = "campaign",
         .values = stopped_ones(parts_.use_cases.campaigns)}};
    std::ranges::move(
        spool_metrics(parts_.use_cases.spool_room.state(parts_.snapshots.current()->settings.hold)),
        std::back_inserter(all));
    all.push_back(parts_.descriptors.metric());
    all.push_back({.name = "holdback_log_lines_lost_total",
                   .help = "Log lines that could not be written.",
                   .values = count(parts_.log.lost())});
    all.push_back(parts_.store.metric());
    std::ranges::move(parts_.recording.metrics(), std::back_inserter(all));
    std::ranges::move(parts_.dns_watch.metrics(), std::back_inserter(all));
    return lines_of(report::exposition(all));
}

}  // namespace holdback::milter::daemon
