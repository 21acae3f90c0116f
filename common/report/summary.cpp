// SPDX-License-Identifier: Apache-2.0
#include "report/summary.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/outage.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::report {

namespace {

using std::chrono::sys_days;

sys_days day_of(core::TimePoint time) {
    return std::chrono::floor<std::chrono::days>(time);
}

std::string text_of(sys_days day) {
    const std::chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

/// Calls `visit` for each day with a moment in [since, until).
template <typename Visit>
void for_each_day(core::TimePoint since, core::TimePoint until, const Visit& visit) {
    for (sys_days day = day_of(since); core::TimePoint(day) < until; day += std::chrono::days(1)) {
        visit(day);
    }
}

/// The greatest `most` rows in order; one line sums up all others.
std::vector<FateRow> table_of(const std::map<std::string, Fates, std::less<>>& names,
                              std::size_t most) {
    std::vector<FateRow> rows;
    rows.reserve(names.size());
    Fates others;
    for (const auto& [name, fates] : names) {
        if (name == kOthers) {
            others += fates;
        } else {
            rows.push_back({.name = name, .fates = fates});
        }
    }
    std::ranges::stable_sort(
        rows, std::greater<>(), [](const FateRow& row) { return row.fates.all(); });
    for (std::size_t i = most; i < rows.size(); ++i) {
        others += rows[i].fates;
    }
    rows.resize(std::min(rows.size(), most));
    if (others.all() > 0) {
        rows.push_back({.name = std::string(kOthers), .fates = others});
    }
    return rows;
}

}  // namespace

std::string_view wire_name(Fate fate) {
    switch (fate) {
        case Fate::Sent:
            return "sent";
        case Fate::Deferred:
            return "deferred";
        case Fate::Bounced:
            return "bounced";
        case Fate::Held:
            return "held";
        case Fate::Released:
            return "released";
        case Fate::Returned:
            return "returned";
        case Fate::Discarded:
            return "discarded";
        case Fate::Refused:
            return "refused";
    }
    std::unreachable();
}

std::size_t Fates::all() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
}

Fates& Fates::operator+=(const Fates& other) {
    std::ranges::transform(counts_, other.counts_, counts_.begin(), std::plus<>());
    return *this;
}

std::size_t GrowthRow::all() const {
    return std::accumulate(by_reason.begin(), by_reason.end(), std::size_t{0});
}

bool Summary::is_empty() const {
    const auto none = [](const Decided& decided) {
        return std::ranges::all_of(decided, [](std::size_t count) { return count == 0; });
    };
    return total.all() == 0 && none(enforced) && none(shadowed) && outages.empty() &&
           std::ranges::all_of(growth, [](const GrowthRow& row) { return row.all() == 0; });
}

SummaryBuilder::SummaryBuilder(core::TimePoint since, core::TimePoint until)
    : since_(since), until_(until) {
    for_each_day(since, until, [this](sys_days day) {
        by_day_.try_emplace(day);
        growth_.try_emplace(day, GrowthRow{.day = text_of(day)});
    });
}

void SummaryBuilder::count(ByName& table, std::string_view name, Fate fate) {
    auto known = table.find(name);
    if (known == table.end()) {
        const bool full = table.size() >= kMostNames;
        known = table.try_emplace(std::string(full ? kOthers : name)).first;
    }
    known->second.add(fate);
}

std::string_view SummaryBuilder::provider_of(const FateEvent& event) const {
    if (!event.provider.empty()) {
        return event.provider;
    }
    if (const auto known = providers_.find(event.domain); known != providers_.end()) {
        return known->second;
    }
    return event.domain.empty() ? kNotTold : event.domain;
}

void SummaryBuilder::add(const FateEvent& event) {
    if (event.at < since_ || event.at >= until_) {
        return;
    }
    if (!event.provider.empty() && !event.domain.empty() && providers_.size() < kMostNames) {
        providers_.insert_or_assign(std::string(event.domain), std::string(event.provider));
    }
    total_.add(event.fate);
    by_day_[day_of(event.at)].add(event.fate);
    count(by_provider_, provider_of(event), event.fate);
    count(by_sender_, event.sender.empty() ? kNullSender : event.sender, event.fate);
}

void SummaryBuilder::add_code(Fate fate, int code, std::string_view name) {
    CodeRow& row = by_code_[code];
    row.code = code;
    row.name = name;
    row.bounced += fate == Fate::Bounced ? 1U : 0U;
    row.held += fate == Fate::Held ? 1U : 0U;
}

void SummaryBuilder::add_cause(Fate fate, std::string_view finding) {
    count(causes_, finding, fate);
}

void SummaryBuilder::add_decision(config::Mode mode,
                                  config::PolicyAction verdict,
                                  std::string_view reason) {
    Decided& decided = mode == config::Mode::Shadow ? shadowed_ : enforced_;
    ++decided.at(static_cast<std::size_t>(verdict));
    if (verdict != config::PolicyAction::Pass && !reason.empty()) {
        const bool is_tagged = verdict == config::PolicyAction::Tag;
        ++(is_tagged ? tagged_ : reasons_)[std::string(reason)];
    }
}

void SummaryBuilder::add_growth(core::TimePoint day,
                                terms::SuppressionReason reason,
                                std::size_t entries) {
    if (const auto row = growth_.find(day_of(day)); row != growth_.end()) {
        row->second.by_reason.at(static_cast<std::size_t>(reason)) += entries;
    }
}

void SummaryBuilder::add_outage(const dsn::Outage& outage) {
    if (outage.began < until_ && outage.closed.value_or(until_) >= since_) {
        outages_.push_back(outage);
    }
}

Summary SummaryBuilder::finish(const Now& now, std::size_t most) const {
    Summary summary;
    summary.since = since_;
    summary.until = until_;
    summary.log_followed = now.log_followed;
    summary.remembers_decisions = now.remembers_decisions;
    summary.list = now.list;
    summary.held_now = now.held_now;
    summary.total = total_;
    for (const auto& [day, fates] : by_day_) {
        summary.by_day.push_back({.name = text_of(day), .fates = fates});
    }
    summary.by_provider = table_of(by_provider_, most);
    summary.by_sender = table_of(by_sender_, most);
    for (const auto& [code, row] : by_code_) {
        summary.by_code.push_back(row);
    }
    std::ranges::stable_sort(summary.by_code, std::greater<>(), [](const CodeRow& row) {
        return std::pair(row.bounced, row.held);
    });
    for (const auto& [finding, fates] : causes_) {
        summary.causes.push_back({.finding = finding, .fates = fates});
    }
    std::ranges::stable_sort(summary.causes, std::greater<>(), [](const CauseRow& row) {
        return row.fates[Fate::Held];
    });
    summary.enforced = enforced_;
    summary.shadowed = shadowed_;
    summary.tagged.assign(tagged_.begin(), tagged_.end());
    std::ranges::stable_sort(
        summary.tagged, std::greater<>(), [](const auto& reason) { return reason.second; });
    summary.reasons.assign(reasons_.begin(), reasons_.end());
    std::ranges::stable_sort(
        summary.reasons, std::greater<>(), [](const auto& reason) { return reason.second; });
    for (const auto& [day, row] : growth_) {
        summary.growth.push_back(row);
    }
    summary.outages = outages_;
    return summary;
}

std::string day_text(core::TimePoint time) {
    return text_of(day_of(time));
}

}  // namespace holdback::report
