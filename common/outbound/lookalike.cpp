// SPDX-License-Identifier: Apache-2.0
#include "outbound/lookalike.hpp"

#include "core/near_name.hpp"
#include "core/text.hpp"
#include "mail/domain.hpp"
#include "outbound/lookalike_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace holdback::outbound {

namespace {

constexpr std::size_t kLettersForOneSlip = 6;
constexpr std::size_t kLettersForTwoSlips = 10;
constexpr std::size_t kMostSlips = 2;

/// The countries with provider domains below "com." and "co.": "com.br", "co.uk".
constexpr auto kBelowCom = std::to_array<std::string_view>(
    {"ar", "au", "bd", "bo", "br", "cn", "co", "cy", "do", "ec", "eg", "gh", "gr", "gt", "hk",
     "hr", "kw", "lb", "mt", "mx", "my", "ng", "ni", "np", "pa", "pe", "ph", "pk", "pl", "pr",
     "pt", "py", "qa", "ro", "sa", "sg", "sv", "tr", "tw", "ua", "uy", "ve", "vn"});
constexpr auto kBelowCo = std::to_array<std::string_view>({"at",
                                                           "cr",
                                                           "hu",
                                                           "id",
                                                           "il",
                                                           "in",
                                                           "jp",
                                                           "ke",
                                                           "kr",
                                                           "ma",
                                                           "nz",
                                                           "th",
                                                           "tz",
                                                           "ug",
                                                           "uk",
                                                           "ve",
                                                           "za",
                                                           "zw"});
/// Endings of two letters that are more often slips for ".com" or ".co.uk" than countries.
constexpr auto kSlippedCountries = std::to_array<std::string_view>({"cm", "co", "om", "uk"});

bool is_one_of(std::string_view text, std::span<const std::string_view> texts) {
    return std::ranges::find(texts, text) != texts.end();
}

/// The set of characters of a text, folded into 64 bits. One slip changes at most two of them.
std::uint64_t characters_of(std::string_view text) {
    std::uint64_t characters = 0;
    for (const char c : text) {
        characters |= std::uint64_t{1} << (static_cast<unsigned char>(c) & 63U);
    }
    return characters;
}

std::size_t letters_of(std::string_view domain) {
    return domain.size() - static_cast<std::size_t>(std::ranges::count(domain, '.'));
}

/// A provider's domain, prepared for comparison.
struct Target {
    std::string_view domain;
    std::uint64_t characters;
    std::size_t most_slips;
};

struct Index {
    std::unordered_set<std::string_view> providers;
    std::unordered_map<std::string_view, std::string_view> misspellings;
    std::vector<Target> targets;  ///< those with the most users first

    Index() {
        for (const std::string_view domain : provider_domains()) {
            providers.insert(domain);
            const std::size_t letters = letters_of(domain);
            if (letters >= kLettersForOneSlip) {
                targets.push_back({.domain = domain,
                                   .characters = characters_of(domain),
                                   .most_slips = letters >= kLettersForTwoSlips ? kMostSlips : 1});
            }
        }
        for (const Misspelling& each : common_misspellings()) {
            misspellings.emplace(each.wrong, each.meant);
        }
    }
};

const Index& index_of_tables() {
    static const Index index;
    return index;
}

/// A domain, split into its first label and what follows the dot.
struct Split {
    std::string_view name;
    std::string_view ending;
};

Split split_of(std::string_view domain) {
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) {
        return {.name = domain, .ending = {}};
    }
    return {.name = domain.substr(0, dot), .ending = domain.substr(dot + 1)};
}

/// True for "fr", "co.uk", "com.br".
bool is_country_ending(std::string_view ending) {
    const auto is_letters = [](std::string_view text) {
        return text.size() == 2 && std::ranges::all_of(text, core::is_ascii_alpha);
    };
    if (ending.starts_with("com.")) {
        return is_one_of(ending.substr(4), kBelowCom);
    }
    if (ending.starts_with("co.")) {
        return is_one_of(ending.substr(3), kBelowCo);
    }
    return is_letters(ending) && !is_one_of(ending, kSlippedCountries);
}

/// The first provider's domain with this name and ending; an empty `ending` stands for any.
std::optional<std::string_view> provider_named(std::string_view name, std::string_view ending) {
    for (const Target& target : index_of_tables().targets) {
        const Split split = split_of(target.domain);
        if (split.name == name && (ending.empty() || split.ending == ending)) {
            return target.domain;
        }
    }
    return std::nullopt;
}

/// "gmail.con": there is no such top-level domain, so nothing else can have been meant.
std::optional<std::string_view> with_mended_ending(const Split& split) {
    if (is_one_of(split.ending, broken_com_endings())) {
        return provider_named(split.name, "com");
    }
    if (is_one_of(split.ending, broken_net_endings())) {
        return provider_named(split.name, "net");
    }
    return std::nullopt;
}

std::optional<std::string_view> nearest_provider(std::string_view domain) {
    const std::uint64_t characters = characters_of(domain);
    std::optional<std::string_view> nearest;
    std::size_t least = kMostSlips + 1;
    for (const Target& target : index_of_tables().targets) {
        const std::size_t apart = domain.size() > target.domain.size()
                                      ? domain.size() - target.domain.size()
                                      : target.domain.size() - domain.size();
        const auto changed =
            static_cast<std::size_t>(std::popcount(characters ^ target.characters));
        if (apart > target.most_slips || changed > 2 * target.most_slips) {
            continue;
        }
        const std::size_t slips = core::typing_distance(domain, target.domain);
        const bool allowed =
            slips <= 1 || (slips <= target.most_slips && domain.front() == target.domain.front());
        if (allowed && slips < least) {
            least = slips;
            nearest = target.domain;
        }
    }
    return nearest;
}

}  // namespace

std::optional<Lookalike> lookalike(const mail::Domain& domain) {
    const std::string_view text = domain.text();
    const Index& index = index_of_tables();
    if (domain.is_literal() || index.providers.contains(text)) {
        return std::nullopt;
    }
    if (const auto known = index.misspellings.find(text); known != index.misspellings.end()) {
        return Lookalike{.meant = known->second, .likeness = Likeness::Common};
    }
    const Split split = split_of(text);
    if (is_country_ending(split.ending) && is_one_of(split.name, international_names())) {
        return std::nullopt;
    }
    if (const auto meant = with_mended_ending(split)) {
        return Lookalike{.meant = *meant, .likeness = Likeness::Common};
    }
    if (const auto meant = nearest_provider(text)) {
        return Lookalike{.meant = *meant, .likeness = Likeness::Near};
    }
    if (is_one_of(split.name, distinct_names())) {
        if (const auto meant = provider_named(split.name, {})) {
            return Lookalike{.meant = *meant, .likeness = Likeness::Near};
        }
    }
    return std::nullopt;
}

}  // namespace holdback::outbound
