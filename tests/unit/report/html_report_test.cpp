// SPDX-License-Identifier: Apache-2.0
#include "report/html_report.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "report/markup.hpp"
#include "report/summary.hpp"
#include "report/svg_chart.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::report {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kSince{1'769'774'400'000ms};

std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a text that is cut stays safe in HTML") {
    CHECK(markup_short("abcdef", 6) == "abcdef");
    CHECK(markup_short("a<cdefg", 4) == "a&lt;c\xE2\x80\xA6");
    CHECK(markup_short("\xC3\xBC\xC3\xBC\xC3\xBC", 2) == "\xC3\xBC\xE2\x80\xA6");
}

TEST_CASE("numbers are written for people") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(percent_of(0, 0) == "0%");
    CHECK(percent_of(1, 3) == "33.3%");
    CHECK(percent_of(1, 100000) == "<0.1%");
}

TEST_CASE("the scale has steps of 1, 2 or 5, at most five of them") {
    for (const auto& [most, step] : std::vector<std::pair<std::size_t, std::size_t>>{
             {1, 1}, {5, 1}, {6, 2}, {10, 2}, {11, 5}, {25, 5}, {26, 10}, {1001, 500}}) {
        CAPTURE(most);
        CHECK(scale_step(most) == step);
    }
}

TEST_CASE("a chart has a mark for each value that is not zero, as high as it is great") {
    const Chart chart{
        .id = "c",
        .title = "T <b>",
        .description = "D",
        .series = {{.name = "one", .style = "sent"}, {.name = "two", .style = "held"}},
        .marks = {{.label = "x<y", .values = {10, 0}, .note = "\"n\""},
                  {.label = "z", .values = {5, 20}, .note = ""}}};
    const std::string columns = columns_svg(chart);
    CHECK(occurrences(columns, "class=\"mark ") == 3);
    CHECK(columns.find("data-total=\"35\"") != std::string::npos);
    CHECK(columns.find("aria-labelledby=\"c-title c-desc\"") != std::string::npos);
    CHECK(columns.find("<title id=\"c-title\">T &lt;b&gt;</title>") != std::string::npos);
    CHECK(columns.find("x&lt;y: 10 one") != std::string::npos);
    // The scale ends at 25: 182 units of height.
    CHECK(columns.find("height=\"72.80\" data-value=\"10\"") != std::string::npos);
    CHECK(columns.find("height=\"145.60\" data-value=\"20\"") != std::string::npos);
    const std::string bars = bars_svg(chart);
    CHECK(occurrences(bars, "class=\"mark ") == 3);
    CHECK(bars.find("&quot;n&quot;") != std::string::npos);
    CHECK(bars.find("<b>") == std::string::npos);

    const Chart blank{.id = "b",
                      .title = "B",
                      .description = "",
                      .series = {{.name = "one", .style = "sent"}},
                      .marks = {{.label = "x", .values = {0}, .note = ""}}};
    CHECK(blank.is_blank());
    CHECK(columns_svg(blank).empty());
    CHECK(bars_svg(blank).empty());
}

TEST_CASE("the report is one file with nothing foreign in it") {
    SummaryBuilder sums(kSince, kSince + 48h);
    const std::string evil = "<img src=x onerror=alert(1)>\"'&.test";
    for (int i = 0; i < 1204; ++i) {
        sums.add({.at = kSince + 1h,
                  .fate = Fate::Sent,
                  .provider = evil,
                  .domain = evil,
                  .sender = "news@" + evil});
    }
    sums.add({.at = kSince + 25h,
              .fate = Fate::Held,
              .provider = "",
              .domain = evil,
              .sender = "news@" + evil});
    sums.add_cause(Fate::Held, "null-mx");
    sums.add_decision(config::Mode::Enforce, config::PolicyAction::Hold, "null-mx");
    const std::string html = html_report(sums.finish({.log_followed = true}, 20));
    CHECK(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    CHECK(html.ends_with("</html>\n"));
    CHECK(html.find("<img") == std::string::npos);
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("http://") == std::string::npos);
    CHECK(html.find("https://") == std::string::npos);
    CHECK(html.find("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;.test") !=
          std::string::npos);
    CHECK(html.find("<b>1,204</b>") != std::string::npos);
    CHECK(html.find("the domain states that it takes no mail") != std::string::npos);
    CHECK(html.find("is not followed") == std::string::npos);
    CHECK(html.find("Decisions are not remembered") != std::string::npos);
    CHECK(occurrences(html, "<svg") == occurrences(html, "</svg>"));
    CHECK(occurrences(html, "<section>") == occurrences(html, "</section>"));
    CHECK(occurrences(html, "<table>") == occurrences(html, "</table>"));
    CHECK(occurrences(html, "<tr>") == occurrences(html, "</tr>"));
}

}  // namespace holdback::report
