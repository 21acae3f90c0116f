// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl held`: mail in the spool. Listing reads the store; the daemon acts on items.

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

/// Selects the items that a command is about.
struct HeldSelection {
    std::vector<std::int64_t> ids;
    std::optional<std::string> sender;      ///< "<>" is the null sender
    std::optional<std::string> recipient;   ///< one address
    std::optional<std::string> queue_id;    ///< queue id of the MTA, when the message came or left
    std::optional<std::string> message_id;  ///< with or without its angle brackets
    std::optional<std::string> domain;      ///< domain of the recipient
    std::optional<terms::FindingName> finding;
    std::optional<std::string> campaign;
    std::optional<std::chrono::milliseconds> older_than;
    std::optional<std::chrono::milliseconds> expires_within;
    /// Only items in doubt; otherwise acting on a selection leaves those alone. When items are
    /// named by id, it allows items in doubt as well.
    bool in_doubt = false;
    /// `held_list`: ended items as well. Other commands: nothing else narrows the selection.
    bool all = false;
    bool own = false;  ///< also Holdback's own mail on its way
};

/// The columns of `held_list` for people, in their order.
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

/// Parses names such as "id,held-at,recipient"; nullopt when one is unknown or there are none.
[[nodiscard]] std::optional<std::vector<HeldColumn>> parse_held_columns(std::string_view names);

struct HeldListOptions {
    HeldSelection selection;
    /// nullopt: the usual columns, as many as fit the terminal.
    std::optional<std::vector<HeldColumn>> columns;
    bool wide = false;  ///< all usual columns, whatever the width of the terminal
};

/// Writes a line per item.
[[nodiscard]] CommandResult held_list(const CommandContext& context,
                                      const HeldListOptions& options);

/// Writes all details of items, with their history.
[[nodiscard]] CommandResult held_show(const CommandContext& context,
                                      const HeldSelection& selection);

enum class HeldAct : std::uint8_t { Release, Return, Discard };

struct HeldActOptions {
    HeldAct act = HeldAct::Release;
    HeldSelection selection;
    bool dry_run = false;
    bool yes = false;  ///< do not ask
    std::string as;    ///< another address for the single item of a release; or empty
};

/// Where nobody can be asked, at most this many selected items are acted on without `yes`.
inline constexpr std::size_t kMostUnasked = 100;

/// Makes the daemon act. `No` when there was nothing to act on, or when it failed for an item.
[[nodiscard]] CommandResult held_act(const CommandContext& context, const HeldActOptions& options);

/// Makes the daemon release what was held because of suppressions of these addresses and domains
/// (as the store knows them). It is fine if there is nothing to release.
[[nodiscard]] CommandResult release_suppressed(
    const CommandContext& context, const std::vector<terms::SuppressionSubject>& subjects);

}  // namespace holdback::milter::ctl
