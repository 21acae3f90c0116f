// SPDX-License-Identifier: Apache-2.0
#pragma once
// Replays recorded facts under other settings, with the functions that decide real mail. A fact
// that was not recorded is never guessed.

#include "config/policy.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "outbound/plan.hpp"
#include "replay/recorded.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdback::replay {

/// The replayed decision about one recipient.
struct ReplayedVerdict {
    config::PolicyAction action = config::PolicyAction::Pass;
    /// Wire name of the deciding finding, "sender-not-enrolled", "sender-not-permitted", or
    /// `kNotOutgoing`; empty without findings.
    std::string reason;

    bool operator==(const ReplayedVerdict&) const = default;
};

/// The decision depends on something that was not recorded. `what` ends the sentence "not recorded:
/// …".
struct NotRecorded {
    std::string what;

    bool operator==(const NotRecorded&) const = default;
};

using Replayed = std::variant<ReplayedVerdict, NotRecorded>;

/// The reason when the message is not outgoing under the settings, so that it passes unchecked.
inline constexpr std::string_view kNotOutgoing = "not-outgoing";

/// Gives one answer per recipient, in order. Findings from list files, from the content and from
/// earlier mail are taken as recorded, unless the settings no longer look for them; so is a signal
/// from the content. The answer is `NotRecorded` when it depends on something that was not looked
/// for at that time, or was counted only up to a limit. `logins` are what the settings' sources say
/// now; where a source can't be read, a refusal is taken as recorded.
[[nodiscard]] std::vector<Replayed> replay(const RecordedMessage& message,
                                           const config::Settings& settings,
                                           const config::SenderLogins& logins = {});

/// The `Telling` with which a message that reached its end was planned.
[[nodiscard]] outbound::Telling telling_then(const RecordedMessage& message);
/// The same under these settings; nullopt: not recorded.
[[nodiscard]] std::optional<outbound::Telling> telling_now(const RecordedMessage& message,
                                                           const config::Settings& settings);

}  // namespace holdback::replay
