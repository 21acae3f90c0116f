// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl suppress`: the list of addresses and domains that are held back. Works on the store
// itself, beside a running daemon or without one.

#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "milter/ctl_command.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdback::milter {

struct SuppressAddOptions {
    std::vector<std::string> subjects;  ///< addresses and domains
    mail::SuppressionReason reason = mail::SuppressionReason::Manual;
    /// nullopt: the code that goes with the reason.
    std::optional<mail::FailureCode> code;
    std::string note;
    std::optional<std::chrono::milliseconds> expires_after;
};

/// Writes entries of the administrator's over what was there.
[[nodiscard]] CommandResult suppress_add(const CommandContext& context,
                                         const SuppressAddOptions& options);

enum class ReleaseHeld : std::uint8_t { No, Yes };

/// Lifts entries, and with `Yes` has the daemon release what they held. `No` when one of the
/// subjects had no entry.
[[nodiscard]] CommandResult suppress_remove(const CommandContext& context,
                                            const std::vector<std::string>& texts,
                                            ReleaseHeld release);

/// All about some subjects; for an address, the entry of its domain as well.
[[nodiscard]] CommandResult suppress_show(const CommandContext& context,
                                          const std::vector<std::string>& texts);

struct SuppressListOptions {
    std::optional<mail::SuppressionReason> reason;
    std::optional<mail::FailureCode> code;
    std::optional<std::string> domain;
    bool with_inactive = false;  ///< what is still counted or has expired, too
};

[[nodiscard]] CommandResult suppress_list(const CommandContext& context,
                                          const SuppressListOptions& options);

}  // namespace holdback::milter
