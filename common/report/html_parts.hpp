// SPDX-License-Identifier: Apache-2.0
#pragma once
// The building blocks of the HTML report: tables, sections, figures, and words.

#include "core/clock.hpp"
#include "report/svg_chart.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::report {

/// A table under construction. Caption and head are ours; cells may be foreign.
class HtmlTable {
public:
    /// `caption` is for screen readers.
    HtmlTable(std::string caption, std::vector<std::string> head)
        : caption_(std::move(caption)), head_(std::move(head)) {}

    /// Starts a row with its first cell: a name, and below it `words` in small print.
    void begin_row(std::string_view name, std::string_view words = {});
    void number(std::size_t value);
    void text(std::string_view value);
    /// Makes the last row the foot.
    void end_with_foot() { has_foot_ = true; }

    /// `style` is a class of the style sheet.
    void write(std::string& out, std::string_view style = {}) const;

private:
    std::string caption_;
    std::vector<std::string> head_;
    std::vector<std::vector<std::string>> rows_;
    bool has_foot_ = false;
};

/// Title and lead are ours and are not escaped.
void begin_section(std::string& out, std::string_view title, std::string_view lead);

/// A chart under its title. `svg` is the drawn chart, empty when there was nothing to draw.
void figure(std::string& out, const Chart& chart, const std::string& svg);

/// "Sent"
[[nodiscard]] std::string capitalized(std::string_view word);

/// "2026-01-31 14:05", in UTC.
[[nodiscard]] std::string moment_text(core::TimePoint time);

/// Plain words for a finding: "the domain does not exist". The name itself when it is unknown.
[[nodiscard]] std::string finding_words(const std::string& finding);

}  // namespace holdback::report
