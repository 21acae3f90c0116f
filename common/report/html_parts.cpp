// SPDX-License-Identifier: Apache-2.0
#include "report/html_parts.hpp"

#include "core/clock.hpp"
#include "core/safe_text.hpp"
#include "report/markup.hpp"
#include "report/summary.hpp"
#include "report/svg_chart.hpp"
#include "terms/finding.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::report {

void HtmlTable::begin_row(std::string_view name, std::string_view words) {
    std::string cell = fmt::format("<td><bdi>{}</bdi>", core::html_safe(name));
    if (!words.empty()) {
        cell += fmt::format("<small>{}</small>", core::html_safe(words));
    }
    rows_.push_back({cell + "</td>"});
}

void HtmlTable::number(std::size_t value) {
    rows_.back().push_back(
        fmt::format("<td{}>{}</td>", value == 0 ? " class=\"nil\"" : "", grouped(value)));
}

void HtmlTable::text(std::string_view value) {
    rows_.back().push_back(fmt::format("<td>{}</td>", core::html_safe(value)));
}

void HtmlTable::write(std::string& out, std::string_view style) const {
    out += fmt::format(
        "<div class=\"rows{}{}\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"{}\">\n<table>\n<thead><tr>",
        style.empty() ? "" : " ",
        style,
        core::html_safe(caption_));
    for (const std::string& cell : head_) {
        out += fmt::format("<th scope=\"col\">{}</th>", core::html_safe(cell));
    }
    out += "</tr></thead>\n<tbody>\n";
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const bool foot = has_foot_ && i + 1 == rows_.size();
        out += foot ? "</tbody>\n<tfoot>\n" : "";
        out += "<tr>";
        for (const std::string& cell : rows_[i]) {
            out += cell;
        }
        out += "</tr>\n";
    }
    out += has_foot_ ? "</tfoot>\n</table>\n</div>\n" : "</tbody>\n</table>\n</div>\n";
}

void begin_section(std::string& out, std::string_view title, std::string_view lead) {
    out += fmt::format("<section>\n<h2>{}</h2>\n<p class=\"lead\">{}</p>\n", title, lead);
}

void figure(std::string& out, const Chart& chart, const std::string& svg) {
    out += fmt::format("<figure>\n<figcaption>{}</figcaption>\n{}</figure>\n",
                       core::html_safe(chart.title),
                       svg.empty() ? "<p class=\"soft\">Nothing in this time.</p>\n" : svg);
}

std::string capitalized(std::string_view word) {
    std::string text(word);
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text;
}

std::string moment_text(core::TimePoint time) {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(
        time - std::chrono::floor<std::chrono::days>(time));
    return fmt::format(
        "{} {:02}:{:02}", day_text(time), minutes.count() / 60, minutes.count() % 60);
}

std::string finding_words(const std::string& finding) {
    const auto name = terms::parse_finding_name(finding);
    return name.has_value() ? std::string(terms::row_of(*name).meaning) : finding;
}

}  // namespace holdback::report
