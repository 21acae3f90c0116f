// SPDX-License-Identifier: Apache-2.0
#pragma once
// Charts as inline SVG. Colours are classes ("mark sent") of the page's style sheet, so that one
// chart serves light, dark and paper.

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::report {

/// The meaning of one part of each mark.
struct Series {
    std::string name;   ///< for people
    std::string style;  ///< a class of ours
};

/// One column or bar, with one value per series.
struct Mark {
    std::string label;  ///< foreign text is fine
    std::vector<std::size_t> values;
    std::string note;  ///< after the value of a bar; foreign text is fine
};

struct Chart {
    std::string id;  ///< our own letters; base of the ids of title and description
    std::string title;
    std::string description;  ///< for screen readers
    std::vector<Series> series;
    std::vector<Mark> marks;

    /// True when every value is zero: there is nothing to draw.
    [[nodiscard]] bool is_blank() const;
};

/// Stacked columns over time with scale lines. Empty for a blank chart.
[[nodiscard]] std::string columns_svg(const Chart& chart);

/// Stacked bars with labels, one below the other. Empty for a blank chart.
[[nodiscard]] std::string bars_svg(const Chart& chart);

/// The step between scale lines: 1, 2 or 5 times a power of ten. At most five steps reach `most`.
[[nodiscard]] std::size_t scale_step(std::size_t most);

}  // namespace holdback::report
