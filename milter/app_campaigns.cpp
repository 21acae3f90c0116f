// SPDX-License-Identifier: Apache-2.0
// What the daemon tells and does about campaigns.

#include "core/result.hpp"
#include "milter/app.hpp"
#include "milter/control_protocol.hpp"
#include "outbound/campaign.hpp"
#include "report/metrics.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

core::Result<std::vector<ControlLine>, std::string> App::continue_campaign(
    const ControlLine& request) {
    return std::vector<ControlLine>{
        {"continued", fmt::format("{}", campaigns_.go_on(request.at(1)))}};
}

std::vector<report::MetricValue> App::stopped_campaigns() const {
    std::vector<report::MetricValue> stopped;
    for (const outbound::Campaign& campaign : campaigns_.stopped()) {
        // Several issues of one list may be stopped.
        const auto known = std::ranges::find(stopped, campaign.name, &report::MetricValue::label);
        if (known == stopped.end()) {
            stopped.push_back({.label = campaign.name, .value = 1});
        } else {
            ++known->value;
        }
    }
    return stopped;
}

}  // namespace holdback::milter
