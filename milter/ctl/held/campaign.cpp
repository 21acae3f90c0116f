// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/held/campaign.hpp"

#include "config/settings.hpp"
#include "milter/control_protocol.hpp"
#include "milter/ctl/client.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/daemon.hpp"
#include "milter/ctl/held/held.hpp"
#include "milter/ctl/held/held_items.hpp"
#include "milter/ctl/output.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kMostShown = 512;

}  // namespace

bool releases_campaign(const HeldActOptions& options) {
    HeldSelection rest = options.selection;
    rest.campaign.reset();
    rest.sender.reset();
    return options.act == HeldAct::Release && options.selection.campaign.has_value() &&
           rest.ids.empty() && !has_filter(rest);
}

CommandResult continue_campaign(const CommandContext& context,
                                const config::Settings& settings,
                                const HeldSelection& selection) {
    const std::string name = selection.campaign.value_or("");
    ControlLine request{"continue-campaign", name};
    if (selection.sender.has_value()) {
        request.push_back(*selection.sender);
    } else if (selection.all) {
        request.emplace_back("*");
    }
    const auto answer = ask_daemon(settings.control, request, kPatience);
    if (!answer.has_value()) {
        return std::unexpected(daemon_error(settings.control, answer.error()));
    }
    if (!answer->empty() && answer->front().size() > 1 && answer->front()[0] == "senders") {
        return std::unexpected(
            several_senders("release", name, std::span(answer->front()).subspan(1)));
    }
    const bool any = !answer->empty() && answer->front().size() == 2 && answer->front()[1] != "0";
    if (!any) {
        return Exit::No;
    }
    context.err << fmt::format("the stopped campaign {} goes on\n", for_people(name, kMostShown));
    return Exit::Done;
}

CommandError several_senders(std::string_view command,
                             std::string_view campaign,
                             std::span<const std::string> senders) {
    constexpr std::size_t kShown = 5;
    std::string shown;
    for (const std::string& sender : senders.first(std::min(kShown, senders.size()))) {
        shown += fmt::format("{}{}", shown.empty() ? "" : ", ", for_people(sender));
    }
    return {Exit::Usage,
            fmt::format("held {}: several senders have a campaign {}: {}{}; say --sender",
                        command,
                        for_people(campaign, kMostShown),
                        shown,
                        senders.size() > kShown ? ", ..." : "")};
}

}  // namespace holdback::milter::ctl
