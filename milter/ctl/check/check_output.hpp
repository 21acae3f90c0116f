// SPDX-License-Identifier: Apache-2.0
#pragma once
// Output of `holdbackctl check`: objects, lines, a summary.

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
#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// One address with everything that was found out. It lives for one call.
struct CheckedAddress {
    std::string_view text;
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const mail::RecipientSyntax& syntax;
    config::PolicyAction verdict;
    const std::optional<outbound::Finding>& decisive;  ///< the finding that decided the verdict
    outbound::Stream stream;
    const std::vector<outbound::Finding>& findings;
    const std::optional<outbound::MailRoute>& route;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

/// Writes an object or lines, in the form of the context. `column` is the list column of the
/// address; empty if there is none.
void write_checked(const CommandContext& context,
                   const CheckedAddress& address,
                   std::string_view column);

/// The results of a whole list.
class CheckSummary {
public:
    void add(const CheckedAddress& address);

    [[nodiscard]] std::size_t checked() const { return checked_; }
    /// True when the verdict about any address is against sending.
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
