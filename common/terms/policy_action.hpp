// SPDX-License-Identifier: Apache-2.0
#pragma once
// The actions that a policy may set for a finding.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::terms {

/// In rising order of harm to a recipient's mail.
enum class PolicyAction : std::uint8_t { Pass, Tag, Hold, Defer, Reject };

inline constexpr std::array kAllPolicyActions{PolicyAction::Pass,
                                              PolicyAction::Tag,
                                              PolicyAction::Hold,
                                              PolicyAction::Defer,
                                              PolicyAction::Reject};

[[nodiscard]] std::string_view wire_name(PolicyAction action);
[[nodiscard]] std::optional<PolicyAction> parse_policy_action(std::string_view name);

}  // namespace holdback::terms
