// SPDX-License-Identifier: Apache-2.0
#include "terms/spool_pair.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::terms {

namespace {

constexpr std::string_view kFirstLine = "holdback-spool 1\n";
constexpr std::string_view kIdName = "id ";
constexpr std::string_view kGenerationName = "generation ";
constexpr std::size_t kMostIdOctets = 64;

/// Takes a line "NAME VALUE" off the front of a text.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view name) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name)) {
        return std::nullopt;
    }
    const std::string_view value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return value;
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= kMostIdOctets && std::ranges::all_of(id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

PairState judge_ages(std::uint64_t store, std::uint64_t spool, const PairFacts& facts) {
    // The store is written first: a sudden end leaves it ahead by one.
    if (store == spool || store == spool + 1) {
        return PairState::Paired;
    }
    if (facts.files == 0 && facts.waiting == 0) {
        return PairState::New;
    }
    return store < spool ? PairState::StoreIsOlder : PairState::SpoolIsOlder;
}

}  // namespace

std::string pair_mark_text(const PairMark& mark) {
    return fmt::format(
        "{}{}{}\n{}{}\n", kFirstLine, kIdName, mark.id, kGenerationName, mark.generation);
}

std::optional<PairMark> parse_pair_mark(std::string_view text) {
    if (!text.starts_with(kFirstLine)) {
        return std::nullopt;
    }
    text.remove_prefix(kFirstLine.size());
    const auto id = take_line(text, kIdName);
    if (!id.has_value() || !is_id(*id)) {
        return std::nullopt;
    }
    const auto generation = take_line(text, kGenerationName);
    const auto number = core::parse_decimal(generation.value_or(""));
    if (!number.has_value() || !text.empty()) {
        return std::nullopt;
    }
    return PairMark{.id = std::string(*id), .generation = *number};
}

PairState judge_pair(const PairFacts& facts) {
    if (facts.store.has_value() && facts.spool.has_value() && facts.store->id == facts.spool->id) {
        return judge_ages(facts.store->generation, facts.spool->generation, facts);
    }
    if (facts.files == 0) {
        return facts.waiting == 0 ? PairState::New : PairState::SpoolIsMissing;
    }
    if (facts.store.has_value() && facts.spool.has_value()) {
        return PairState::Strangers;
    }
    if (facts.spool.has_value()) {
        return facts.waiting == 0 ? PairState::StoreIsNew : PairState::StoreIsOlder;
    }
    return facts.unlisted == 0 ? PairState::New : PairState::StoreIsNew;
}

}  // namespace holdback::terms
