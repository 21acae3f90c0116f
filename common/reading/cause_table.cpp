// SPDX-License-Identifier: Apache-2.0
#include "reading/cause_table.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/cause.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::reading {

namespace {

constexpr auto kSections =
    std::to_array<std::string_view>({"codes", "defaults", "weak", "status", "reply"});

using Parts = std::array<std::optional<int>, 3>;

/// A cause as it is written: "mailbox unknown" or "* spam".
struct NamedCause {
    std::optional<Whom> whom;
    What what;
};

/// Parses one or two words. One word alone says what is wrong, for any whom.
std::optional<NamedCause> parse_cause(std::string_view text) {
    const std::size_t space = text.find(' ');
    const std::string_view last =
        core::trim(space == std::string_view::npos ? text : text.substr(space));
    const auto what = parse_what(last);
    if (!what.has_value()) {
        return std::nullopt;
    }
    if (space == std::string_view::npos || text.substr(0, space) == "*") {
        return NamedCause{std::nullopt, *what};
    }
    const auto whom = parse_whom(text.substr(0, space));
    return whom.has_value() ? std::optional(NamedCause{whom, *what}) : std::nullopt;
}

/// Parses "5.1.*" by its dots, or "55?" by its digits.
std::optional<Parts> parse_parts(std::string_view section, std::string_view text) {
    Parts parts;
    std::vector<std::string_view> pieces;
    if (section == "status") {
        pieces = core::split(text, '.');
    } else {
        for (std::size_t i = 0; i < text.size(); ++i) {
            pieces.push_back(text.substr(i, 1));
        }
    }
    if (pieces.size() != parts.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (pieces[i] == "*" || pieces[i] == "?") {
            continue;
        }
        const auto number = core::parse_decimal(pieces[i]);
        if (!number.has_value() || *number > 999) {
            return std::nullopt;
        }
        parts.at(i) = static_cast<int>(*number);
    }
    return parts;
}

bool fits(const Parts& parts, const std::array<int, 3>& have) {
    return std::ranges::equal(parts, have, [](const std::optional<int>& wanted, int part) {
        return !wanted.has_value() || *wanted == part;
    });
}

}  // namespace

bool CauseTable::has_section(std::string_view name) {
    return std::ranges::find(kSections, name) != kSections.end();
}

std::string CauseTable::add(std::string_view section,
                            std::string_view line,
                            const terms::CodeCatalogue& codes) {
    const std::size_t sign = line.find('=');
    const std::string_view name = core::trim(line.substr(0, sign));
    if (section == "weak") {
        const auto cause = parse_cause(name);
        if (!cause.has_value() || sign != std::string_view::npos) {
            return "a line of [weak] is a cause, like \"nobody refused\", or what is wrong alone";
        }
        weak_.push_back({cause->whom, cause->what});
        return {};
    }
    if (sign == std::string_view::npos) {
        return fmt::format("a line of [{}] is NAME = VALUE", section);
    }
    const std::string_view value = core::trim(line.substr(sign + 1));
    if (section == "codes") {
        return add_code(name, value, codes);
    }
    if (section == "defaults") {
        const auto what = parse_what(name);
        const auto whom = parse_whom(value);
        if (!what.has_value() || !whom.has_value()) {
            return "a line of [defaults] is what is wrong = whom it is about, like \"spam = "
                   "message\"";
        }
        defaults_.emplace_back(*what, *whom);
        return {};
    }
    return add_pattern(section, name, value);
}

std::string CauseTable::add_code(std::string_view name,
                                 std::string_view value,
                                 const terms::CodeCatalogue& codes) {
    const auto cause = parse_cause(name);
    if (!cause.has_value()) {
        return fmt::format(R"("{}" is not a cause like "mailbox unknown" or "* spam")",
                           core::printable(name));
    }
    std::vector<terms::FailureCode> found;
    for (const std::string_view piece : core::split(value, ',')) {
        const auto code = terms::FailureCode::parse(core::trim(piece));
        if (!code.has_value() || codes.find(*code) == nullptr) {
            return fmt::format("unknown code \"{}\"", core::printable(core::trim(piece)));
        }
        found.push_back(*code);
    }
    if (found.empty() || found.size() > 2) {
        return "a cause has one code, or two: for good, and for now (class 4)";
    }
    codes_.push_back({.whom = cause->whom,
                      .what = cause->what,
                      .code = found.front(),
                      .transient = found.size() == 2 ? std::optional(found.back()) : std::nullopt});
    return {};
}

std::string CauseTable::add_pattern(std::string_view section,
                                    std::string_view name,
                                    std::string_view value) {
    const auto parts = parse_parts(section, name);
    if (!parts.has_value()) {
        return fmt::format("\"{}\" is not {}",
                           core::printable(name),
                           section == "status" ? "an enhanced status like 5.1.1 or *.7.*"
                                               : "a reply code like 552 or 45?");
    }
    const auto cause = parse_cause(value);
    if (!cause.has_value() || !cause->whom.has_value()) {
        return fmt::format(R"("{}" is not a cause like "mailbox unknown")", core::printable(value));
    }
    (section == "status" ? statuses_ : replies_)
        .push_back({*parts, Cause{*cause->whom, cause->what}});
    return {};
}

const CauseTable::CodeRow* CauseTable::row_of(const Cause& cause) const {
    const CodeRow* any = nullptr;
    for (const CodeRow& row : codes_) {
        if (row.what != cause.what) {
            continue;
        }
        if (row.whom == cause.whom) {
            return &row;
        }
        if (!row.whom.has_value() && any == nullptr) {
            any = &row;
        }
    }
    return any;
}

std::optional<terms::FailureCode> CauseTable::code_of(const Cause& cause, bool transient) const {
    const CodeRow* row = row_of(cause);
    if (row == nullptr) {
        row = row_of({default_whom(cause.what), cause.what});
    }
    if (row == nullptr) {
        return std::nullopt;
    }
    return transient && row->transient.has_value() ? *row->transient : row->code;
}

bool CauseTable::has_row(const Cause& cause) const {
    return std::ranges::any_of(codes_, [&cause](const CodeRow& row) {
        return row.whom == cause.whom && row.what == cause.what;
    });
}

std::size_t CauseTable::weight_of(const Cause& cause) const {
    const CodeRow* row = row_of(cause);
    if (row == nullptr) {
        row = row_of({default_whom(cause.what), cause.what});
    }
    if (row == nullptr) {
        return codes_.size();
    }
    return static_cast<std::size_t>(row - codes_.data());
}

Whom CauseTable::default_whom(What what) const {
    const auto found = std::ranges::find(defaults_, what, &std::pair<What, Whom>::first);
    return found == defaults_.end() ? Whom::Nobody : found->second;
}

bool CauseTable::is_weak(const Cause& cause) const {
    return std::ranges::any_of(weak_, [&cause](const WeakRow& row) {
        return row.what == cause.what && (!row.whom.has_value() || row.whom == cause.whom);
    });
}

std::optional<Cause> CauseTable::cause_of(const mail::EnhancedStatus& status) const {
    const std::array<int, 3> have{status.status_class(), status.subject(), status.detail()};
    const auto found = std::ranges::find_if(
        statuses_, [&have](const CodePattern& pattern) { return fits(pattern.parts, have); });
    return found == statuses_.end() ? std::nullopt : std::optional(found->cause);
}

std::optional<Cause> CauseTable::cause_of_reply(int reply_code) const {
    const std::array<int, 3> have{reply_code / 100, reply_code / 10 % 10, reply_code % 10};
    const auto found = std::ranges::find_if(
        replies_, [&have](const CodePattern& pattern) { return fits(pattern.parts, have); });
    return found == replies_.end() ? std::nullopt : std::optional(found->cause);
}

}  // namespace holdback::reading
