// SPDX-License-Identifier: Apache-2.0
// What the daemon answers on its control socket.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/outage.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/incoming/outcome_flow.hpp"
#include "flow/snapshot.hpp"
#include "flow/spool_room.hpp"
#include "io/dns/dns_source.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/app.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/version.hpp"
#include "milter/who.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

using ControlAnswer = core::Result<std::vector<ControlLine>, std::string>;

ControlLine number_line(std::string_view key, std::uint64_t number) {
    return {std::string(key), fmt::format("{}", number)};
}

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

/// A request for the log: its command and the numbers of items. Names and addresses are told by
/// whoever does what is asked for.
std::string spoken(const ControlLine& request) {
    std::string text = request.front();
    for (const std::string& field : std::span(request).subspan(1)) {
        if (core::parse_decimal(field).has_value() || field == "in-doubt") {
            text += fmt::format(" {}", field);
        }
    }
    return text;
}

}  // namespace

ControlAnswer App::control(const ControlLine& request, const ControlPeer& peer) {
    const std::string what = core::log_safe(spoken(request));
    if (auto refusal = control_refusal(peer, request, control_groups_, geteuid())) {
        log_->write(ports::Severity::Warning,
                    fmt::format("control uid={} request={} refused", peer.uid, what));
        return std::unexpected(*std::move(refusal));
    }
    if (deed_of(request) == ControlDeed::Act) {
        log_->write(ports::Severity::Info,
                    fmt::format("control uid={} request={}", peer.uid, what));
    }
    return answer(request, peer);
}

ControlAnswer App::answer(const ControlLine& request, const ControlPeer& peer) {
    const std::string& command = request.front();
    if (command == "status") {
        return status();
    }
    if (command == "metrics") {
        return metrics();
    }
    if (command == "reload") {
        return reload();
    }
    if (command == "seal-keys") {
        if (auto read = use_seal_keys(snapshots_.current()->settings); !read.has_value()) {
            return std::unexpected(std::move(read.error()));
        }
        return std::vector<ControlLine>{};
    }
    if (command == "cache-show") {
        return cache_lines();
    }
    if (command == "cache-clear") {
        if (const auto resolver = resolver_.current()) {
            resolver->cache().clear();
        }
        return std::vector<ControlLine>{};
    }
    if (command == "release-as" && request.size() == 3) {
        return release_as(request, peer);
    }
    if (command == "release" || command == "return" || command == "discard") {
        return control_items(request, peer);
    }
    if (command == "continue-campaign" && (request.size() == 2 || request.size() == 3)) {
        return continue_campaign(request, peer);
    }
    return std::unexpected(fmt::format("unknown command {}", core::printable(command)));
}

ControlAnswer App::control_items(const ControlLine& request, const ControlPeer& peer) {
    const std::string cause = command_of(peer.uid);
    if (!store_.is_ready()) {
        return std::unexpected(fmt::format("store {}", store_.status().front().at(1)));
    }
    const bool also_in_doubt = request.size() > 1 && request[1] == "in-doubt";
    const auto in_doubt = also_in_doubt ? ports::InDoubt::Take : ports::InDoubt::LeaveAlone;
    std::vector<std::int64_t> ids;
    for (std::size_t i = also_in_doubt ? 2 : 1; i < request.size(); ++i) {
        const auto id = core::parse_decimal(request[i]);
        if (!id.has_value() || *id > static_cast<std::uint64_t>(INT64_MAX)) {
            return std::unexpected(
                fmt::format("{} is no item number", core::printable(request[i])));
        }
        ids.push_back(static_cast<std::int64_t>(*id));
    }
    if (!also_in_doubt) {
        // Whoever is so quick finds items in doubt that will not be in a moment.
        release_.answers().wait(ids);
    }
    std::vector<flow::held::ItemOutcome> outcomes;
    if (request.front() == "release") {
        outcomes = release_.release(ids, snapshots_.current()->settings.hold, cause, in_doubt);
    } else if (request.front() == "return") {
        outcomes = release_.give_back(ids, cause, in_doubt);
    } else {
        outcomes = release_.discard(ids, cause, in_doubt);
    }
    std::vector<ControlLine> lines;
    lines.reserve(outcomes.size());
    for (const flow::held::ItemOutcome& outcome : outcomes) {
        lines.push_back(
            {fmt::format("{}", outcome.id), std::string(wire_name(outcome.what)), outcome.answer});
    }
    return lines;
}

ControlAnswer App::release_as(const ControlLine& request, const ControlPeer& peer) {
    if (!store_.is_ready()) {
        return std::unexpected(fmt::format("store {}", store_.status().front().at(1)));
    }
    const auto id = core::parse_decimal(request[1]);
    if (!id.has_value() || *id > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::unexpected(fmt::format("{} is no item number", core::printable(request[1])));
    }
    ports::HeldFilter filter;
    filter.ids = {static_cast<std::int64_t>(*id)};
    filter.kind = terms::HeldKind::Mail;
    release_.answers().wait(filter.ids);
    std::optional<ports::HeldItem> item;
    const auto listed = held_.list(filter, [&](const ports::HeldItem& found) {
        item = found;
        return false;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error().what);
    }
    if (!item.has_value()) {
        return std::unexpected(fmt::format("there is no held item {}", *id));
    }
    const auto done =
        send_as_.readdress(*item, request[2], command_of(peer.uid), snapshots_.current()->settings);
    if (!done.has_value()) {
        return std::unexpected(done.error());
    }
    return control_items({"release", request[1]}, peer);
}

std::vector<ControlLine> App::cache_lines() const {
    const auto resolver = resolver_.current();
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

std::vector<ControlLine> App::status() const {
    const std::shared_ptr<const flow::Snapshot> snapshot = snapshots_.current();
    const auto uptime =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.steady_now() - started_);
    std::vector<ControlLine> lines{
        {"version", std::string(kVersion)},
        {"mode", std::string(config::wire_name(snapshot->settings.mode))},
        {"settings", settings_path_},
        number_line("pid", static_cast<std::uint64_t>(getpid())),
        number_line("uptime_seconds", static_cast<std::uint64_t>(uptime.count())),
        number_line("connections", counters_.connections.load()),
        number_line("messages", counters_.messages.load()),
        number_line("messages_in_flight", counters_.messages_in_flight.load()),
        number_line("waiting", waiting_.waiting()),
        number_line("internal_errors", counters_.internal_errors.load()),
        number_line("messages_unchecked", outbound_.report.count_of_unchecked()),
        number_line("complaints_not_attributed", inbound_.unattributed()),
        number_line("codes", snapshot->codes.entries().size()),
        number_line("rules", snapshot->knowledge.rules.rules().size()),
        number_line("seal_keys", seals_.keys().size()),
        number_line("outages", learner_.outages().size()),
        number_line("campaigns_stopped", campaigns_.stopped().size())};
    const std::vector<ControlLine> dns = dns_watch_.status();
    lines.insert(lines.end(), dns.begin(), dns.end());
    const flow::SpoolRoom::State spool = spool_room_.state(snapshot->settings.hold);
    lines.push_back({"spool", spool.full.empty() ? "ok" : fmt::format("full: {}", spool.full)});
    lines.push_back(number_line("spool_octets", spool.used));
    if (spool.room.has_value()) {
        lines.push_back(number_line("spool_room_octets", *spool.room));
    }
    lines.push_back(number_line("spool_senders_full", spool.senders_over));
    const std::vector<ControlLine> descriptors = descriptors_.status();
    lines.insert(lines.end(), descriptors.begin(), descriptors.end());
    lines.push_back(number_line("log_lines_lost", log_->lost()));
    lines.push_back(number_line("log_lines_late", log_->late()));
    const std::vector<ControlLine> store = store_.status();
    lines.insert(lines.end(), store.begin(), store.end());
    const std::vector<ControlLine> cache = cache_lines();
    lines.insert(lines.end(), cache.begin(), cache.end());
    const std::vector<ControlLine> following = log_following_.status();
    lines.insert(lines.end(), following.begin(), following.end());
    const std::vector<ControlLine> recording = recording_.status();
    lines.insert(lines.end(), recording.begin(), recording.end());
    return lines;
}

std::vector<ControlLine> App::metrics() const {
    using report::MetricType;
    const auto count = [](std::uint64_t value) {
        return std::vector<report::MetricValue>{{.label = {}, .value = value}};
    };
    const flow::incoming::FollowState followed = log_following_.state();
    std::vector<report::Metric> all{
        {.name = "holdback_connections_total",
         .help = "Connections of the MTA.",
         .values = count(counters_.connections.load())},
        {.name = "holdback_messages_total",
         .help = "Messages seen.",
         .values = count(counters_.messages.load())},
        {.name = "holdback_messages_in_flight",
         .help = "Messages under way.",
         .type = MetricType::Gauge,
         .values = count(counters_.messages_in_flight.load())},
        {.name = "holdback_internal_errors_total",
         .help = "Errors that were answered by [on_error] internal.",
         .values = count(counters_.internal_errors.load())},
        {.name = "holdback_messages_unchecked_total",
         .help = "Outgoing messages that passed unchecked because of trouble of ours.",
         .values = count(outbound_.report.count_of_unchecked())},
        {.name = "holdback_complaints_not_attributed_total",
         .help = "Complaints whose providers hide who complained, and that no seal tells of.",
         .values = count(inbound_.unattributed())},
        {.name = "holdback_outcomes_total",
         .help = "Ends of deliveries that the log of the MTA told of.",
         .label_name = "result",
         .values = {{.label = "sent", .value = followed.sent},
                    {.label = "deferred", .value = followed.deferred},
                    {.label = "bounced", .value = followed.bounced}}},
        {.name = "holdback_outage",
         .help = "Providers that are broken, so that nothing is learned from them.",
         .type = MetricType::Gauge,
         .label_name = "provider",
         .values = values_of(learner_.outages())},
        {.name = "holdback_campaign_stopped",
         .help = "Campaigns that were stopped for their bad recipients.",
         .type = MetricType::Gauge,
         .label_name = "campaign",
         .values = stopped_campaigns()}};
    std::ranges::move(spool_metrics(spool_room_.state(snapshots_.current()->settings.hold)),
                      std::back_inserter(all));
    all.push_back(descriptors_.metric());
    all.push_back({.name = "holdback_log_lines_lost_total",
                   .help = "Log lines that could not be written.",
                   .values = count(log_->lost())});
    all.push_back(store_.metric());
    std::ranges::move(recording_.metrics(), std::back_inserter(all));
    std::ranges::move(dns_watch_.metrics(), std::back_inserter(all));
    const std::string text = report::exposition(all);
    std::vector<ControlLine> lines;
    for (const std::string_view line : core::split(text, '\n')) {
        if (!line.empty()) {
            lines.push_back({std::string(line)});
        }
    }
    return lines;
}

}  // namespace holdback::milter::daemon
