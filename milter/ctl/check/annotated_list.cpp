// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/check/annotated_list.hpp"

#include "core/safe_text.hpp"
#include "milter/ctl/check/check_output.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/out_file.hpp"
#include "outbound/findings.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::array<std::string_view, 5> kOwnColumns{
    "verdict", "finding", "code", "reason", "suggestion"};

std::string suggestion_of(const CheckedAddress& address) {
    const auto found = std::ranges::find_if(address.findings, [](const outbound::Finding& finding) {
        return !finding.suggestion.empty();
    });
    return found == address.findings.end() ? "" : found->suggestion;
}

}  // namespace

AnnotatedList::AnnotatedList(OutFile& file, const AddressList& list)
    : file_(&file), separator_(list.separator().value_or(',')) {
    std::vector<std::string> head = list.head();
    if (!list.separator().has_value()) {
        head = {"address"};
    }
    columns_ = head.size();
    if (!head.empty()) {
        head.insert(head.end(), kOwnColumns.begin(), kOwnColumns.end());
        file_->append(core::csv_row(head, form(columns_)));
    }
}

void AnnotatedList::add(const CheckedAddress& address, const ListRow& row) {
    std::vector<std::string> cells = padded(row);
    cells.emplace_back(terms::wire_name(address.verdict));
    const std::optional<outbound::Finding>& finding = address.decisive;
    if (finding.has_value()) {
        cells.emplace_back(wire_name(finding->name));
        cells.push_back(finding->code.has_value() ? fmt::format("{}", finding->code->number())
                                                  : "");
        cells.push_back(finding->reason);
    } else {
        cells.resize(cells.size() + 3);
    }
    cells.push_back(suggestion_of(address));
    file_->append(core::csv_row(cells, form(cells.size() - kOwnColumns.size())));
}

void AnnotatedList::add(const ListRow& row) {
    if (row.trouble.has_value()) {
        add_raw(row);
        return;
    }
    std::vector<std::string> cells = padded(row);
    cells.resize(cells.size() + kOwnColumns.size());
    file_->append(core::csv_row(cells, form(cells.size() - kOwnColumns.size())));
}

/// If the fields could be counted, our columns are added empty. After a quote that is not closed
/// there are no fields.
void AnnotatedList::add_raw(const ListRow& row) {
    std::string text = row.raw;
    if (!row.fields.empty()) {
        text.append(padded(row).size() - row.fields.size() + kOwnColumns.size(), separator_);
    }
    text += '\n';
    file_->append(text);
}

core::CsvForm AnnotatedList::form(std::size_t copied) const {
    return {.separator = separator_, .line_end = "\n", .copied = copied};
}

/// The fields, padded to the number of columns, so that ours come under their names.
std::vector<std::string> AnnotatedList::padded(const ListRow& row) const {
    std::vector<std::string> cells = row.fields;
    cells.resize(std::max(cells.size(), columns_));
    return cells;
}

}  // namespace holdback::milter::ctl
