// SPDX-License-Identifier: Apache-2.0
#pragma once
// The action for each finding, by stream.

#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <array>
#include <cstddef>

namespace holdback::config {

using terms::PolicyAction;

/// One action per finding. `unresolved-domain` is always `Pass`: unknown is not invalid.
class PolicyTable {
public:
    [[nodiscard]] PolicyAction operator[](terms::FindingName name) const {
        return actions_.at(static_cast<std::size_t>(name));
    }
    void set(terms::FindingName name, PolicyAction action) {
        actions_.at(static_cast<std::size_t>(name)) = action;
    }
    bool operator==(const PolicyTable&) const = default;

    /// The defaults of `[policy.bulk]` and `[policy.direct]`.
    [[nodiscard]] static PolicyTable bulk_defaults();
    [[nodiscard]] static PolicyTable direct_defaults();

private:
    std::array<PolicyAction, terms::kAllFindings.size()> actions_{};
};

}  // namespace holdback::config
