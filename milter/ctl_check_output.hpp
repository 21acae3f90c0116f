// SPDX-License-Identifier: Apache-2.0
#pragma once
// How `holdbackctl check` tells what it found: objects, lines, a summary, and progress.

#include "config/policy.hpp"
#include "core/clock.hpp"
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

/// A line on the terminal that says how far a list is; gone with the object.
class CheckProgress {
public:
    /// `octets` is the length of the list, if it is known. The context outlives the object.
    CheckProgress(const CommandContext& context, std::optional<std::uintmax_t> octets)
        : context_(context), octets_(octets.value_or(0)) {}
    CheckProgress(const CheckProgress&) = delete;
    CheckProgress& operator=(const CheckProgress&) = delete;
    CheckProgress(CheckProgress&&) = delete;
    CheckProgress& operator=(CheckProgress&&) = delete;
    ~CheckProgress() { hide(); }

    /// Several times a second at most.
    void show(std::size_t checked, std::size_t octets_read);
    /// Makes room for other output.
    void hide();

private:
    const CommandContext& context_;
    std::uintmax_t octets_;
    std::optional<core::SteadyPoint> shown_;
    bool visible_ = false;
};

}  // namespace holdback::milter
