// SPDX-License-Identifier: Apache-2.0
#pragma once
// A list of addresses, written again with the verdicts.

#include "core/safe_text.hpp"
#include "milter/ctl/check/check_output.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/out_file.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// Writes CSV: the columns of the list as they were, then verdict, finding, code, reason and
/// suggestion. A list of lines becomes CSV with the column `address`; a list without names of
/// columns gets none.
class AnnotatedList {
public:
    /// `file` outlives the object.
    AnnotatedList(OutFile& file, const AddressList& list);

    void add(const CheckedAddress& address, const ListRow& row);
    /// A row without an address stays, with nothing in our columns; one that can't be read stays as
    /// it was, octet by octet.
    void add(const ListRow& row);

private:
    void add_raw(const ListRow& row);
    [[nodiscard]] std::vector<std::string> padded(const ListRow& row) const;
    /// How a row is written whose first so many fields are the list's.
    [[nodiscard]] core::CsvForm form(std::size_t copied) const;

    OutFile* file_;
    char separator_;
    std::size_t columns_ = 0;
};

}  // namespace holdback::milter::ctl
