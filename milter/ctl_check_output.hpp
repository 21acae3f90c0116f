// SPDX-License-Identifier: Apache-2.0
#pragma once
// How `holdbackctl check` tells what it found: objects, lines, a summary.

#include "config/policy.hpp"
#include "mail/finding.hpp"
#include "milter/ctl_command.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

namespace holdback::milter {

/// One address with all that was found out; for the length of a call.
struct CheckedAddress {
    std::string_view text;
    config::PolicyAction verdict;
    outbound::Stream stream;
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const std::vector<outbound::Finding>& findings;
    const std::optional<outbound::MailRoute>& route;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

/// As an object or as lines, in the form of the context.
void write_checked(const CommandContext& context, const CheckedAddress& address);

/// What came out of a whole list.
class CheckSummary {
public:
    void add(const CheckedAddress& address);

    [[nodiscard]] std::size_t checked() const { return checked_; }
    /// True when somebody is not to get mail.
    [[nodiscard]] bool is_against_any() const;
    void write(std::ostream& out) const;

private:
    [[nodiscard]] std::size_t of(config::PolicyAction action) const {
        return verdicts_.at(static_cast<std::size_t>(action));
    }

    std::size_t checked_ = 0;
    std::array<std::size_t, 5> verdicts_{};
    std::array<std::size_t, mail::kAllFindings.size()> findings_{};
};

}  // namespace holdback::milter
