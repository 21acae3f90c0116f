// SPDX-License-Identifier: Apache-2.0
// What the daemon tells and does about campaigns.

#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/app.hpp"
#include "milter/daemon/change_telling.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/who.hpp"
#include "outbound/campaign.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <cstddef>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

void App::write_campaigns() {
    try {
        campaigns_.work(snapshots_.current()->settings.bulk);
    } catch (const std::exception& error) {
        log_->write(ports::Severity::Error,
                    fmt::format("campaigns: internal error: {}", core::log_safe(error.what())));
    }
}

void App::note_continued(const std::string& name,
                         const std::string& sender,
                         std::size_t issues,
                         const ControlPeer& peer) {
    io::sqlite::ListChange change;
    change.what = io::sqlite::ChangeKind::CampaignContinued;
    change.subject = name;
    change.entries = issues;
    change.detail = sender;
    change.at = clock_.now();
    change.who = user_text(peer.uid);
    change.from = "the control socket";
    log_->write(ports::Severity::Info, change_line(change));
    const auto noted =
        changes_.note({.who = change.who, .from = change.from, .has_lines = true}, change);
    if (!noted.has_value()) {
        log_->write(ports::Severity::Error,
                    fmt::format("campaigns: who let one go on is not in the store: {}",
                                core::log_safe(noted.error().what)));
    }
}

core::Result<std::vector<ControlLine>, std::string> App::continue_campaign(
    const ControlLine& request, const ControlPeer& peer) {
    const std::string& name = request.at(1);
    std::optional<std::string> sender;
    const bool of_all = request.size() > 2 && request[2] == "*";
    if (request.size() > 2 && !of_all) {
        sender = request[2];
    }
    if (!sender.has_value() && !of_all) {
        std::set<std::string> senders;
        for (const outbound::Campaign& campaign : campaigns_.stopped()) {
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
    const std::size_t issues = campaigns_.go_on(name, sender, command_of(peer.uid));
    if (issues > 0) {
        note_continued(name, sender.value_or(""), issues, peer);
    }
    return std::vector<ControlLine>{{"continued", fmt::format("{}", issues)}};
}

std::vector<report::MetricValue> App::stopped_campaigns() const {
    std::vector<report::MetricValue> stopped;
    // Several issues of one list may be stopped: the exposition sums them.
    for (const outbound::Campaign& campaign : campaigns_.stopped()) {
        stopped.push_back({.label = campaign.name, .value = 1});
    }
    return stopped;
}

}  // namespace holdback::milter::daemon
