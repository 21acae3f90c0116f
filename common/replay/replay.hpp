// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recorded facts + other settings -> what would be decided. The functions are those that decide
// mail; a fact that was not recorded is never guessed.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "outbound/plan.hpp"
#include "replay/recorded.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdback::replay {

/// What would be decided about one recipient.
struct ReplayedVerdict {
    config::PolicyAction action = config::PolicyAction::Pass;
    /// Wire name of the finding that decides, "sender-not-enrolled", or `kNotOutgoing`; empty when
    /// nothing is found.
    std::string reason;

    bool operator==(const ReplayedVerdict&) const = default;
};

/// It depends on something that was not recorded: ends the sentence "not recorded: …".
struct NotRecorded {
    std::string what;

    bool operator==(const NotRecorded&) const = default;
};

using Replayed = std::variant<ReplayedVerdict, NotRecorded>;

/// The reason of recipients whose message is no outgoing mail under the settings: it goes
/// unchecked.
inline constexpr std::string_view kNotOutgoing = "not-outgoing";

/// One answer per recipient, in order. Findings that rest on lists in files, on the content or on
/// earlier mail are taken as they were found, unless the settings no longer look for them; so is a
/// signal of the content. What was not looked for then, or was counted only up to a limit, is not
/// recorded wherever it would make a difference.
[[nodiscard]] std::vector<Replayed> replay(const RecordedMessage& message,
                                           const config::Settings& settings);

/// What the plan of a message that came to its end depended on beside the verdicts.
[[nodiscard]] outbound::Telling telling_then(const RecordedMessage& message);
/// The same under these settings; nullopt: not recorded.
[[nodiscard]] std::optional<outbound::Telling> telling_now(const RecordedMessage& message,
                                                           const config::Settings& settings);

}  // namespace holdback::replay
