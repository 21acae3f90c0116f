// SPDX-License-Identifier: Apache-2.0
#include "terms/policy_action.hpp"

#include "core/wire_names.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace holdback::terms {

std::string_view wire_name(PolicyAction action) {
    switch (action) {
        case PolicyAction::Pass:
            return "pass";
        case PolicyAction::Tag:
            return "tag";
        case PolicyAction::Hold:
            return "hold";
        case PolicyAction::Defer:
            return "defer";
        case PolicyAction::Reject:
            return "reject";
    }
    std::unreachable();
}

std::optional<PolicyAction> parse_policy_action(std::string_view name) {
    return core::find_wire_name(kAllPolicyActions, name);
}

}  // namespace holdback::terms
