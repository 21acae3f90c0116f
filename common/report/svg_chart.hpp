// SPDX-License-Identifier: Apache-2.0
#pragma once
// Charts as inline SVG. Colours are classes ("mark sent") that the page's style sheet paints, so
// that one chart serves light, dark and paper.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::report {

/// What one part of each mark stands for.
struct Series {
    std::string name;   ///< for people
    std::string style;  ///< a class of ours
};

/// One column or bar, with a value per series.
struct Mark {
    std::string label;  ///< foreign text is fine
    std::vector<std::size_t> values;
    std::string note;  ///< behind the value of a bar; foreign text is fine
};

struct Chart {
    std::string id;  ///< letters of ours: names the title and the description
    std::string title;
    std::string description;  ///< for those who do not see it
    std::vector<Series> series;
    std::vector<Mark> marks;

    /// True when every value is zero: there is nothing to draw.
    [[nodiscard]] bool is_blank() const;
};

/// Stacked columns over time, with lines for the scale. Empty text for a blank chart.
[[nodiscard]] std::string columns_svg(const Chart& chart);

/// Stacked bars with their labels, one under the other. Empty text for a blank chart.
[[nodiscard]] std::string bars_svg(const Chart& chart);

/// The step between lines of the scale: 1, 2 or 5 times a power of ten, so that at most five steps
/// reach `most`.
[[nodiscard]] std::size_t scale_step(std::size_t most);

}  // namespace holdback::report
