// SPDX-License-Identifier: Apache-2.0
#pragma once
// Output of the control tool: aligned tables, times.

#include "core/clock.hpp"
#include "core/iso_time.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::milter::ctl {

using core::iso_time;
/// "2025-03-01 12:00" in UTC, for people.
[[nodiscard]] std::string short_time(core::TimePoint time);

/// "1 item", "2 items"
[[nodiscard]] std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// A sender for people: "<>" for the null sender.
[[nodiscard]] std::string shown_sender(std::string_view sender);

/// Makes a foreign text safe to show on this terminal, by the locale of the environment. The result
/// can be pasted into an option again: see `as_meant`.
[[nodiscard]] std::string for_people(std::string_view text, std::size_t most_octets = 512);
/// Gives back the text that `for_people` has shown; a text in another form stays as it is.
[[nodiscard]] std::string as_meant(const std::string& pasted);

/// Rows under a head, in columns as wide as needed. Cells are made safe to show.
class Table {
public:
    explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}

    /// The row has as many cells as the head.
    void add(const std::vector<std::string>& cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    /// A number for each column. Where there is no room, the highest are left out first, 0 never.
    void spare(std::vector<int> order) { spared_ = std::move(order); }
    /// Writes the table. `room` is the width of the terminal; 0: no limit. Gives how many columns
    /// were left out.
    std::size_t write(std::ostream& out, std::size_t room = 0) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths() const;

    std::vector<std::string> head_;
    std::vector<std::vector<std::string>> rows_;
    std::vector<int> spared_;
};

/// Names and values, one under the other. Values are made safe to show; empty ones are left out.
class FieldList {
public:
    void add(std::string_view name, std::string_view value);
    void write(std::ostream& out) const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace holdback::milter::ctl
