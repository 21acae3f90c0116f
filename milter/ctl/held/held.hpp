// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl held`: mail in the spool. Listing reads the store; acting is the daemon's work.

#include "milter/ctl/command.hpp"
#include "terms/finding.hpp"
#include "terms/suppression_subject.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// Which items a command is about.
struct HeldSelection {
    std::vector<std::int64_t> ids;
    std::optional<std::string> sender;      ///< "<>" is the null sender
    std::optional<std::string> recipient;   ///< one address
    std::optional<std::string> queue_id;    ///< of the MTA, when it came or left
    std::optional<std::string> message_id;  ///< with or without its angle brackets
    std::optional<std::string> domain;      ///< of the recipients
    std::optional<terms::FindingName> finding;
    std::optional<std::string> campaign;
    std::optional<std::chrono::milliseconds> older_than;
    std::optional<std::chrono::milliseconds> expires_within;
    /// What is in doubt, and nothing else; without it a selection leaves that alone when it acts.
    /// Who names items to act on means that they may be in doubt as well.
    bool in_doubt = false;
    /// `held_list`: ended items as well. Otherwise: nothing else narrows the selection.
    bool all = false;
    bool own = false;  ///< Holdback's own mail on its way as well
};

/// The columns of `held_list` for people, in the order in which they stand.
enum class HeldColumn : std::uint8_t {
    Id,
    State,
    HeldAt,
    Expires,
    Recipient,
    Sender,
    Finding,
    Code,
    Campaign,
    QueueId,
    MessageId,
    Subject,
    Reason,
};

/// Names such as "id,held-at,recipient"; nullopt when one is not known, or there is none.
[[nodiscard]] std::optional<std::vector<HeldColumn>> parse_held_columns(std::string_view names);

struct HeldListOptions {
    HeldSelection selection;
    /// nullopt: the usual ones, as many of them as fit the terminal.
    std::optional<std::vector<HeldColumn>> columns;
    bool wide = false;  ///< all of the usual ones, whatever the terminal
};

/// A line per item.
[[nodiscard]] CommandResult held_list(const CommandContext& context,
                                      const HeldListOptions& options);

/// All about items, with their history.
[[nodiscard]] CommandResult held_show(const CommandContext& context,
                                      const HeldSelection& selection);

enum class HeldAct : std::uint8_t { Release, Return, Discard };

struct HeldActOptions {
    HeldAct act = HeldAct::Release;
    HeldSelection selection;
    bool dry_run = false;
    bool yes = false;  ///< do not ask
    std::string as;    ///< another address for the one item of a release; or empty
};

/// So many selected items are acted on without a question or `yes` where nobody can be asked.
inline constexpr std::size_t kMostUnasked = 100;

/// Has the daemon act. `No` when there was nothing to act on, or when it did not work for one.
[[nodiscard]] CommandResult held_act(const CommandContext& context, const HeldActOptions& options);

/// Has the daemon release what the suppression of these addresses and domains (as the store knows
/// them) held. Nothing to release is fine.
[[nodiscard]] CommandResult release_suppressed(
    const CommandContext& context, const std::vector<terms::SuppressionSubject>& subjects);

}  // namespace holdback::milter::ctl
