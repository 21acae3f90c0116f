// SPDX-License-Identifier: Apache-2.0
#pragma once
// How `holdbackctl check` tells what it found: objects, lines, a summary.

#include "config/policy.hpp"
#include "mail/envelope.hpp"
#include "milter/ctl/command.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/forecast.hpp"
#include "outbound/mail_route.hpp"
#include "terms/finding.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// One address with all that was found out; for the length of a call.
struct CheckedAddress {
    std::string_view text;
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const mail::RecipientSyntax& syntax;
    config::PolicyAction verdict;
    const std::optional<outbound::Finding>& decisive;  ///< the finding that the verdict comes from
    outbound::Stream stream;
    const std::vector<outbound::Finding>& findings;
    const std::optional<outbound::MailRoute>& route;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

/// As an object or as lines, in the form of the context. `column` is the column of a list in which
/// the address stands; empty where there is none.
void write_checked(const CommandContext& context,
                   const CheckedAddress& address,
                   std::string_view column);

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

    outbound::Forecast forecast_;
    std::size_t checked_ = 0;
    std::array<std::size_t, 5> verdicts_{};
    std::array<std::size_t, terms::kAllFindings.size()> findings_{};
};

}  // namespace holdback::milter::ctl
