// SPDX-License-Identifier: Apache-2.0
#include "report/svg_chart.hpp"

#include "core/safe_text.hpp"
#include "report/markup.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace holdback::report {

namespace {

constexpr double kWidth = 560;

std::size_t sum_of(const Mark& mark) {
    return std::accumulate(mark.values.begin(), mark.values.end(), std::size_t{0});
}

std::size_t greatest(const Chart& chart) {
    std::size_t most = 0;
    for (const Mark& mark : chart.marks) {
        most = std::max(most, sum_of(mark));
    }
    return most;
}

void begin(std::string& out, const Chart& chart, double height) {
    std::size_t total = 0;
    for (const Mark& mark : chart.marks) {
        total += sum_of(mark);
    }
    fmt::format_to(std::back_inserter(out),
                   "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {:.0f} {:.0f}\" "
                   "aria-labelledby=\"{}-title {}-desc\" data-total=\"{}\">\n"
                   "<title id=\"{}-title\">{}</title>\n<desc id=\"{}-desc\">{}</desc>\n",
                   kWidth,
                   height,
                   chart.id,
                   chart.id,
                   total,
                   chart.id,
                   core::html_safe(chart.title),
                   chart.id,
                   core::html_safe(chart.description));
}

struct Box {
    double x;
    double y;
    double width;
    double height;
};

/// Draws one part of a mark, with a title for the mouse pointer.
void part(
    std::string& out, const Box& box, const Series& series, const Mark& mark, std::size_t value) {
    fmt::format_to(std::back_inserter(out),
                   "<rect class=\"mark {}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" "
                   "height=\"{:.2f}\" data-value=\"{}\"><title>{}: {} {}</title></rect>\n",
                   series.style,
                   box.x,
                   box.y,
                   box.width,
                   box.height,
                   value,
                   core::html_safe(mark.label),
                   grouped(value),
                   core::html_safe(series.name));
}

/// Draws the legend of colours above the marks. A single series has none; a series without values
/// is left out.
void legend(std::string& out, const Chart& chart, double left) {
    if (chart.series.size() < 2) {
        return;
    }
    constexpr double kLetter = 7.2;
    double x = left;
    for (std::size_t k = 0; k < chart.series.size(); ++k) {
        const Series& series = chart.series[k];
        if (std::ranges::all_of(chart.marks,
                                [k](const Mark& mark) { return mark.values.at(k) == 0; })) {
            continue;
        }
        fmt::format_to(std::back_inserter(out),
                       "<rect class=\"{}\" x=\"{:.1f}\" y=\"3\" width=\"10\" height=\"10\" "
                       "rx=\"2\"/><text x=\"{:.1f}\" y=\"12\">{}</text>\n",
                       series.style,
                       x,
                       x + 15,
                       core::html_safe(series.name));
        x += 32 + (kLetter * static_cast<double>(series.name.size()));
    }
}

/// "12k", "3M": there is little room beside the scale.
std::string short_number(std::size_t number) {
    if (number >= 1'000'000 && number % 100'000 == 0) {
        return fmt::format("{}M", static_cast<double>(number) / 1'000'000);
    }
    if (number >= 10'000 && number % 1'000 == 0) {
        return fmt::format("{}k", number / 1'000);
    }
    return grouped(number);
}

}  // namespace

bool Chart::is_blank() const {
    return greatest(*this) == 0;
}

std::size_t scale_step(std::size_t most) {
    std::size_t power = 1;
    while (true) {
        for (const std::size_t factor : {1U, 2U, 5U}) {
            if (factor * power * 5 >= most) {
                return factor * power;
            }
        }
        power *= 10;
    }
}

std::string columns_svg(const Chart& chart) {
    if (chart.is_blank()) {
        return {};
    }
    constexpr double kHeight = 230;
    constexpr double kLeft = 46;
    constexpr double kRight = kWidth - 14;  // room for half a label
    constexpr double kTop = 24;
    constexpr double kBottom = kHeight - 24;
    const std::size_t most = greatest(chart);
    const std::size_t step = scale_step(most);
    const std::size_t top = (most + step - 1) / step * step;
    const double unit = (kBottom - kTop) / static_cast<double>(top);
    std::string out;
    begin(out, chart, kHeight);
    legend(out, chart, kLeft);
    for (std::size_t line = 0; line <= top; line += step) {
        const double y = kBottom - (unit * static_cast<double>(line));
        fmt::format_to(std::back_inserter(out),
                       "<line class=\"{}\" x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\"/>"
                       "<text class=\"scale\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                       line == 0 ? "axis" : "grid",
                       kLeft,
                       y,
                       kRight,
                       y,
                       kLeft - 7,
                       y + 4,
                       short_number(line));
    }
    const double room = (kRight - kLeft) / static_cast<double>(chart.marks.size());
    const double width = std::clamp(room * 0.72, std::min(room, 1.0), 44.0);
    // There is room for about seven labels.
    const std::size_t every = (chart.marks.size() + 6) / 7;
    for (std::size_t i = 0; i < chart.marks.size(); ++i) {
        const Mark& mark = chart.marks[i];
        const double middle = kLeft + (room * (static_cast<double>(i) + 0.5));
        double y = kBottom;
        for (std::size_t k = 0; k < mark.values.size(); ++k) {
            if (mark.values[k] == 0) {
                continue;
            }
            const double height = unit * static_cast<double>(mark.values[k]);
            y -= height;
            part(out,
                 {middle - (width / 2), y, width, height},
                 chart.series[k],
                 mark,
                 mark.values[k]);
        }
        if (i % every == 0) {
            fmt::format_to(std::back_inserter(out),
                           "<text class=\"day\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                           middle,
                           kBottom + 17,
                           markup_short(mark.label, 10));
        }
    }
    return out + "</svg>\n";
}

std::string bars_svg(const Chart& chart) {
    if (chart.is_blank()) {
        return {};
    }
    constexpr double kRow = 27;
    constexpr double kThick = 14;
    // Room for the longest label, in wide letters.
    constexpr double kLetter = 7.6;
    constexpr std::size_t kMostLetters = 26;
    std::size_t letters = 8;
    for (const Mark& mark : chart.marks) {
        const auto characters = static_cast<std::size_t>(std::ranges::count_if(
            mark.label, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
        letters = std::clamp(characters, letters, kMostLetters);
    }
    const double label_width = 14 + (kLetter * static_cast<double>(letters));
    constexpr double kNote = 142;
    const double top = chart.series.size() < 2 ? 4 : 26;
    const double unit = (kWidth - label_width - kNote) / static_cast<double>(greatest(chart));
    std::string out;
    begin(out, chart, top + (kRow * static_cast<double>(chart.marks.size())));
    legend(out, chart, label_width);
    for (std::size_t i = 0; i < chart.marks.size(); ++i) {
        const Mark& mark = chart.marks[i];
        const double y = top + (kRow * static_cast<double>(i));
        const double text = y + kThick - 2;
        fmt::format_to(std::back_inserter(out),
                       "<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\">{}<title>{}</title>"
                       "</text>\n",
                       label_width - 9,
                       text,
                       markup_short(mark.label, kMostLetters),
                       core::html_safe(mark.label));
        double x = label_width;
        for (std::size_t k = 0; k < mark.values.size(); ++k) {
            if (mark.values[k] == 0) {
                continue;
            }
            // Even the smallest value stays visible.
            const double width = std::max(1.5, unit * static_cast<double>(mark.values[k]));
            part(out, {x, y, width, kThick}, chart.series[k], mark, mark.values[k]);
            x += width;
        }
        fmt::format_to(std::back_inserter(out),
                       "<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\">{}{}{}</text>\n",
                       x + 7,
                       text,
                       grouped(sum_of(mark)),
                       mark.note.empty() ? "" : " \xC2\xB7 ",
                       core::html_safe(mark.note));
    }
    return out + "</svg>\n";
}

}  // namespace holdback::report
