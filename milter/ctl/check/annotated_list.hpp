// SPDX-License-Identifier: Apache-2.0
#pragma once
// A list of addresses, written out with the verdicts.

#include "core/safe_text.hpp"
#include "milter/ctl/check/check_output.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/out_file.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// Writes CSV: the columns of the list as they were, then verdict, finding, code, reason and
/// suggestion. A list of lines becomes CSV with the column `address`. A list without column names
/// gets none.
class AnnotatedList {
public:
    /// `file` outlives the object.
    AnnotatedList(OutFile& file, const AddressList& list);

    void add(const CheckedAddress& address, const ListRow& row);
    /// A row without an address stays, with our columns empty. A row that can't be read stays as it
    /// was, octet by octet.
    void add(const ListRow& row);

private:
    void add_raw(const ListRow& row);
    [[nodiscard]] std::vector<std::string> padded(const ListRow& row) const;
    /// The CSV form of a row whose first `copied` fields come from the list.
    [[nodiscard]] core::CsvForm form(std::size_t copied) const;

    OutFile* file_;
    char separator_;
    std::size_t columns_ = 0;
};

}  // namespace holdback::milter::ctl
