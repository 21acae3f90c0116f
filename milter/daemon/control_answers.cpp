// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/control_answers.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/snapshot.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/change_telling.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/who.hpp"
#include "outbound/campaign.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
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

/// The text of a request for the log: its command and the numbers of items. The code that does the
/// request logs names and addresses.
std::string spoken(const ControlLine& request) {
    std::string text = request.front();
    for (const std::string& field : std::span(request).subspan(1)) {
        if (core::parse_decimal(field).has_value() || field == "in-doubt") {
            text += fmt::format(" {}", field);
        }
    }
    return text;
}

core::Result<std::int64_t, std::string> item_number(std::string_view text) {
    const auto id = core::parse_decimal(text);
    if (!id.has_value() || *id > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::unexpected(fmt::format("{} is not an item number", core::printable(text)));
    }
    return static_cast<std::int64_t>(*id);
}

}  // namespace

ControlAnswer ControlAnswers::answer(const ControlLine& request, const ControlPeer& peer) {
    const std::string what = core::log_safe(spoken(request));
    if (auto refusal = control_refusal(peer, request, parts_.groups, geteuid())) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("control uid={} request={} refused", peer.uid, what));
        return std::unexpected(*std::move(refusal));
    }
    if (deed_of(request) == ControlDeed::Act) {
        parts_.log.write(ports::Severity::Info,
                         fmt::format("control uid={} request={}", peer.uid, what));
    }
    return act_on(request, peer);
}

ControlAnswer ControlAnswers::act_on(const ControlLine& request, const ControlPeer& peer) {
    const std::string& command = request.front();
    if (command == "status") {
        return parts_.state.status();
    }
    if (command == "metrics") {
        return parts_.state.metrics();
    }
    if (command == "reload") {
        return parts_.settings.reload();
    }
    if (command == "seal-keys") {
        if (auto read = parts_.settings.use_seal_keys(parts_.snapshots.current()->settings);
            !read.has_value()) {
            return std::unexpected(std::move(read.error()));
        }
        return std::vector<ControlLine>{};
    }
    if (command == "cache-show") {
        return parts_.state.cache_lines();
    }
    if (command == "cache-clear") {
        if (const auto resolver = parts_.resolver.current()) {
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

ControlAnswer ControlAnswers::control_items(const ControlLine& request, const ControlPeer& peer) {
    const std::string cause = command_of(peer.uid);
    if (!parts_.store.is_ready()) {
        return std::unexpected(fmt::format("store {}", parts_.store.status().front().at(1)));
    }
    const bool also_in_doubt = request.size() > 1 && request[1] == "in-doubt";
    const auto in_doubt = also_in_doubt ? ports::InDoubt::Take : ports::InDoubt::LeaveAlone;
    std::vector<std::int64_t> ids;
    for (std::size_t i = also_in_doubt ? 2 : 1; i < request.size(); ++i) {
        const auto id = item_number(request[i]);
        if (!id.has_value()) {
            return std::unexpected(id.error());
        }
        ids.push_back(*id);
    }
    if (!also_in_doubt) {
        // Items of a message that was held just now are in doubt for a moment only: wait for that.
        parts_.use_cases.release.answers().wait(ids);
    }
    std::vector<flow::held::ItemOutcome> outcomes;
    if (request.front() == "release") {
        outcomes = parts_.use_cases.release.release(
            ids, parts_.snapshots.current()->settings.hold, cause, in_doubt);
    } else if (request.front() == "return") {
        outcomes = parts_.use_cases.release.give_back(ids, cause, in_doubt);
    } else {
        outcomes = parts_.use_cases.release.discard(ids, cause, in_doubt);
    }
    std::vector<ControlLine> lines;
    lines.reserve(outcomes.size());
    for (const flow::held::ItemOutcome& outcome : outcomes) {
        lines.push_back(
            {fmt::format("{}", outcome.id), std::string(wire_name(outcome.what)), outcome.answer});
    }
    return lines;
}

ControlAnswer ControlAnswers::release_as(const ControlLine& request, const ControlPeer& peer) {
    if (!parts_.store.is_ready()) {
        return std::unexpected(fmt::format("store {}", parts_.store.status().front().at(1)));
    }
    const auto id = item_number(request[1]);
    if (!id.has_value()) {
        return std::unexpected(id.error());
    }
    ports::HeldFilter filter;
    filter.ids = {*id};
    filter.kind = terms::HeldKind::Mail;
    parts_.use_cases.release.answers().wait(filter.ids);
    std::optional<ports::HeldItem> item;
    const auto listed = parts_.stores.held.list(filter, [&](const ports::HeldItem& found) {
        item = found;
        return false;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error().what);
    }
    if (!item.has_value()) {
        return std::unexpected(fmt::format("there is no held item {}", *id));
    }
    const auto done = parts_.use_cases.send_as.readdress(
        *item, request[2], command_of(peer.uid), parts_.snapshots.current()->settings);
    if (!done.has_value()) {
        return std::unexpected(done.error());
    }
    return control_items({"release", request[1]}, peer);
}

void ControlAnswers::note_continued(const std::string& name,
                                    const std::string& sender,
                                    std::size_t issues,
                                    const ControlPeer& peer) {
    io::sqlite::ListChange change;
    change.what = io::sqlite::ChangeKind::CampaignContinued;
    change.subject = name;
    change.entries = issues;
    change.detail = sender;
    change.at = parts_.clock.now();
    change.who = user_text(peer.uid);
    change.from = "the control socket";
    parts_.log.write(ports::Severity::Info, change_line(change));
    const auto noted = parts_.stores.changes.note(
        {.who = change.who, .from = change.from, .has_lines = true}, change);
    if (!noted.has_value()) {
        parts_.log.write(
            ports::Severity::Error,
            fmt::format("campaigns: the store has no record of who let a campaign go on: {}",
                        core::log_safe(noted.error().what)));
    }
}

ControlAnswer ControlAnswers::continue_campaign(const ControlLine& request,
                                                const ControlPeer& peer) {
    const std::string& name = request.at(1);
    std::optional<std::string> sender;
    const bool of_all = request.size() > 2 && request[2] == "*";
    if (request.size() > 2 && !of_all) {
        sender = request[2];
    }
    if (!sender.has_value() && !of_all) {
        std::set<std::string> senders;
        for (const outbound::Campaign& campaign : parts_.use_cases.campaigns.stopped()) {
            if (campaign.name == name) {
                senders.insert(campaign.shown_sender);
            }
        }
        if (senders.size() > 1) {
            ControlLine line{"senders"};
            line.insert(line.end(), senders.begin(), senders.end());
            return std::vector<ControlLine>{std::move(line)};
        }
    }
    const std::size_t issues = parts_.use_cases.campaigns.go_on(name, sender, command_of(peer.uid));
    if (issues > 0) {
        note_continued(name, sender.value_or(""), issues, peer);
    }
    return std::vector<ControlLine>{{"continued", fmt::format("{}", issues)}};
}

}  // namespace holdback::milter::daemon
