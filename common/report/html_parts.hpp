// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the HTML report is put together from: tables, sections, figures, and words.

#include "core/clock.hpp"
#include "report/svg_chart.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::report {

/// A table under construction. The head is ours, cells may be foreign.
class HtmlTable {
public:
    /// `caption` is for those who do not see it.
    HtmlTable(std::string caption, std::vector<std::string> head)
        : caption_(std::move(caption)), head_(std::move(head)) {}

    /// The first cell of a row, with words in small print under the name.
    void begin_row(std::string_view name, std::string_view words = {});
    void number(std::size_t value);
    void text(std::string_view value);
    /// The last row becomes the foot.
    void end_with_foot() { has_foot_ = true; }

    /// `style` is a class of the style sheet.
    void write(std::string& out, std::string_view style = {}) const;

private:
    std::string caption_;
    std::vector<std::string> head_;
    std::vector<std::vector<std::string>> rows_;
    bool has_foot_ = false;
};

/// Title and lead are ours.
void begin_section(std::string& out, std::string_view title, std::string_view lead);

/// A chart under its title; `svg` is what was drawn of it, empty when there was nothing.
void figure(std::string& out, const Chart& chart, const std::string& svg);

/// "Sent"
[[nodiscard]] std::string capitalized(std::string_view word);

/// "2026-01-31 14:05", in UTC.
[[nodiscard]] std::string moment_text(core::TimePoint time);

/// Plain words for a finding: "the domain does not exist". The name itself where there are none.
[[nodiscard]] std::string finding_words(const std::string& finding);

}  // namespace holdback::report
