// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/output.hpp"

#include "core/clock.hpp"
#include "core/shown_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// A table or field list shows at most this much of a foreign value.
constexpr std::size_t kMostCellOctets = 256;

std::chrono::sys_seconds seconds_of(core::TimePoint time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

}  // namespace

std::string short_time(core::TimePoint time) {
    return fmt::format("{:%Y-%m-%d %H:%M}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds_of(time))));
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string for_people(std::string_view text, std::size_t most_octets) {
    const auto value = [](const char* name) {
        const char* const set = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
        return std::string_view(set == nullptr ? "" : set);
    };
    return core::shown_text(
        text,
        core::letters_of_locale(value("LC_ALL"), value("LC_CTYPE"), value("LANG")),
        most_octets);
}

std::string as_meant(const std::string& pasted) {
    return core::from_shown(pasted).value_or(pasted);
}

std::string shown_sender(std::string_view sender) {
    return sender.empty() ? "<>" : std::string(sender);
}

void Table::add(const std::vector<std::string>& cells) {
    std::vector<std::string> row;
    row.reserve(cells.size());
    for (const std::string& cell : cells) {
        row.push_back(for_people(cell, kMostCellOctets));
    }
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> widths;
    widths.reserve(head_.size());
    for (const std::string& name : head_) {
        widths.push_back(name.size());
    }
    for (const auto& row : rows_) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths.at(column) = std::max(widths.at(column), core::columns_of(row[column]));
        }
    }
    return widths;
}

std::size_t Table::write(std::ostream& out, std::size_t room) const {
    constexpr std::size_t kGap = 2;
    std::vector<std::size_t> width = widths();
    std::size_t all = 0;
    for (const std::size_t each : width) {
        all += each + kGap;
    }
    std::vector<int> order = spared_;
    order.resize(width.size());
    std::size_t left_out = 0;
    while (room > 0 && all > room + kGap) {
        const auto next = std::ranges::max_element(order);
        if (next == order.end() || *next == 0) {
            break;
        }
        std::size_t& dropped = width.at(static_cast<std::size_t>(next - order.begin()));
        all -= dropped + kGap;
        dropped = 0;
        *next = 0;
        ++left_out;
    }
    const auto write_row = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (width.at(column) > 0) {
                // Pad by characters, not by octets.
                const std::size_t columns = core::columns_of(row[column]);
                line += row[column];
                line.append(width.at(column) - std::min(width.at(column), columns) + kGap, ' ');
            }
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    };
    write_row(head_);
    for (const auto& row : rows_) {
        write_row(row);
    }
    return left_out;
}

void FieldList::add(std::string_view name, std::string_view value) {
    if (!value.empty()) {
        constexpr std::size_t kMostFieldOctets = 2000;
        fields_.emplace_back(name, for_people(value, kMostFieldOctets));
    }
}

void FieldList::write(std::ostream& out) const {
    std::size_t width = 0;
    for (const auto& [name, value] : fields_) {
        width = std::max(width, name.size());
    }
    for (const auto& [name, value] : fields_) {
        out << fmt::format("{:<{}}  {}\n", name, width, value);
    }
}

}  // namespace holdback::milter::ctl
