// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_campaign.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "milter/control_protocol.hpp"
#include "milter/ctl_client.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_daemon.hpp"
#include "milter/ctl_held.hpp"
#include "milter/ctl_held_items.hpp"

#include <chrono>
#include <expected>
#include <string>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

constexpr std::chrono::seconds kPatience{10};

}  // namespace

bool releases_campaign(const HeldActOptions& options) {
    HeldSelection rest = options.selection;
    rest.campaign.reset();
    return options.act == HeldAct::Release && options.selection.campaign.has_value() &&
           rest.ids.empty() && !has_filter(rest);
}

CommandResult continue_campaign(const CommandContext& context,
                                const config::Settings& settings,
                                const HeldSelection& selection) {
    const std::string name = selection.campaign.value_or("");
    const auto answer = ask_daemon(settings.control, {"continue-campaign", name}, kPatience);
    if (!answer.has_value()) {
        return std::unexpected(daemon_error(settings.control, answer.error()));
    }
    const bool any = !answer->empty() && answer->front().size() == 2 && answer->front()[1] != "0";
    if (!any) {
        return Exit::No;
    }
    context.err << fmt::format("the campaign {} was stopped and goes on\n", core::printable(name));
    return Exit::Done;
}

}  // namespace holdback::milter
