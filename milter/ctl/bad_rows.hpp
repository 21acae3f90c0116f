// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reports the rows of a list that cannot be read. Only the first ones are reported one by one.

#include "lists/row_reader.hpp"
#include "milter/ctl/output.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::ctl {

class BadRows {
public:
    /// `err` outlives the object; `path` names the list.
    BadRows(std::ostream& err, std::string path) : err_(&err), path_(std::move(path)) {}

    void add(std::size_t line, lists::RowTrouble trouble) {
        constexpr std::size_t kMostTold = 20;
        if (++count_ > kMostTold) {
            return;
        }
        const std::string_view then = trouble == lists::RowTrouble::OpenQuote
                                          ? "; the list is not read from here on"
                                          : "; it is not judged";
        *err_ << fmt::format("holdbackctl: {}:{}: {}{}\n",
                             for_people(path_),
                             line,
                             lists::plain_words(trouble),
                             then);
    }

    /// Writes how many there were; nothing when there were none.
    void write_sum() const {
        if (count_ > 0) {
            *err_ << fmt::format(
                "holdbackctl: {} bad {} in the list\n", count_, count_ == 1 ? "row" : "rows");
        }
    }

    [[nodiscard]] std::size_t count() const { return count_; }

private:
    std::ostream* err_;
    std::string path_;
    std::size_t count_ = 0;
};

}  // namespace holdback::milter::ctl
