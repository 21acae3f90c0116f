// SPDX-License-Identifier: Apache-2.0
#pragma once
// Judges many addresses, a batch while the next one is looked up.

#include "config/settings.hpp"
#include "flow/facts.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/check/check_output.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/list.hpp"
#include "outbound/bulk.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace holdback::milter::ctl {

/// Judges batches of addresses with the milter's own code.
class Checker {
public:
    struct Parts {
        // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
        const CommandContext& context;
        const config::Settings& settings;
        // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
        flow::FactSources sources;
        mail::EnvelopeSender sender;
        outbound::Stream stream;
        mail::Smtputf8 utf8;
        std::chrono::milliseconds patience;
    };
    /// `row` is the row that `add` was given.
    using Report = std::function<void(const CheckedAddress&, const ListRow& row)>;
    /// Called for a row without an address, in its place between the reports.
    using Pass = std::function<void(const ListRow& row)>;

    Checker(Parts parts, Report report, Pass pass)
        : parts_(std::move(parts)), report_(std::move(report)), pass_(std::move(pass)) {}

    /// Takes a row. Reports on earlier rows when enough have come together.
    [[nodiscard]] std::optional<CommandError> add(ListRow row);
    /// Reports on all remaining rows.
    [[nodiscard]] std::optional<CommandError> finish();

private:
    /// Starts the look-ups of the filled batch, then judges the one before it.
    std::optional<CommandError> turn();
    std::optional<CommandError> judge(const std::vector<mail::Recipient>& batch);
    /// Passes on the rows without an address that are next.
    void pass_rows();

    Parts parts_;
    Report report_;
    Pass pass_;
    std::deque<ListRow> rows_;  // the rows of `waiting_`, then those of `filling_`
    std::vector<mail::Recipient> waiting_;
    std::vector<mail::Recipient> filling_;
};

}  // namespace holdback::milter::ctl
