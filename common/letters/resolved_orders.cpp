// SPDX-License-Identifier: Apache-2.0
#include "letters/resolved_orders.hpp"

#include "core/text.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::letters {

namespace {

std::string range_text(const NumberRange& range) {
    return range.first == range.last ? fmt::format("{}", range.first)
                                     : fmt::format("{}-{}", range.first, range.last);
}

/// Two different addresses for one number cancel each other.
void add_with_address(NumberAs as, const NoticeTexts& texts, ResolvedOrders& resolved) {
    const auto other = std::ranges::find(resolved.release_as, as.number, &NumberAs::number);
    if (other == resolved.release_as.end()) {
        resolved.release_as.push_back(std::move(as));
    } else if (!core::equals_ignoring_case(other->address, as.address)) {
        resolved.remarks.push_back(
            texts.say(NoticeText::OneAddress, {{"number", fmt::format("{}", as.number)}}));
        resolved.release_as.erase(other);
    }
}

/// Adds the numbers of an order, and a remark for each range that the notice does not have.
void add_numbers(const Order& order,
                 std::size_t count,
                 const NoticeTexts& texts,
                 std::set<std::size_t>& wanted,
                 ResolvedOrders& resolved) {
    std::vector<NumberRange> ranges = order.numbers;
    if (order.all) {
        ranges = {{1, count}};
    }
    for (const NumberRange& range : ranges) {
        if (range.first < 1 || range.last > count) {
            resolved.remarks.push_back(
                texts.say(NoticeText::NumbersWrong,
                          {{"numbers", range_text(range)}, {"count", fmt::format("{}", count)}}));
            continue;
        }
        for (std::size_t number = range.first; number <= range.last; ++number) {
            wanted.insert(number);
        }
    }
}

}  // namespace

ResolvedOrders resolve(const Orders& orders, std::size_t count, const NoticeTexts& texts) {
    ResolvedOrders resolved;
    std::set<std::size_t> release;
    std::set<std::size_t> discard;
    for (const Order& order : orders.orders) {
        if (!order.as.empty() && order.numbers.front().first >= 1 &&
            order.numbers.front().last <= count) {
            add_with_address(
                {.number = order.numbers.front().first, .address = order.as}, texts, resolved);
            continue;
        }
        std::set<std::size_t>& wanted = order.action == OrderAction::Release ? release : discard;
        add_numbers(order, count, texts, wanted, resolved);
    }
    for (const NumberAs& as : resolved.release_as) {
        // The number is also to be sent to its own address, or discarded: the wish is unclear.
        if (release.contains(as.number) || discard.contains(as.number)) {
            release.insert(as.number);
            discard.insert(as.number);
        }
    }
    std::erase_if(resolved.release_as,
                  [&](const NumberAs& as) { return release.contains(as.number); });
    std::vector<std::size_t> both;
    std::ranges::set_intersection(release, discard, std::back_inserter(both));
    std::ranges::set_difference(release, both, std::back_inserter(resolved.release));
    std::ranges::set_difference(discard, both, std::back_inserter(resolved.discard));
    if (!both.empty()) {
        constexpr std::size_t kMostNamed = 20;
        const auto named = std::span(both).first(std::min(both.size(), kMostNamed));
        const std::string numbers =
            fmt::format("{}{}", fmt::join(named, ", "), both.size() > kMostNamed ? ", ..." : "");
        resolved.remarks.push_back(texts.say(NoticeText::NumbersBoth, {{"numbers", numbers}}));
    }
    for (const std::string& line : orders.not_understood) {
        resolved.remarks.push_back(texts.say(NoticeText::NotUnderstood, {{"line", line}}));
    }
    return resolved;
}

}  // namespace holdback::letters
