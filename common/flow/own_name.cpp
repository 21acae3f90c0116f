// SPDX-License-Identifier: Apache-2.0
#include "flow/own_name.hpp"

#include "core/text.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

/// No daemon serves more instances of an MTA than this.
constexpr std::size_t kMostNames = 16;

}  // namespace

bool is_fully_qualified(std::string_view name) {
    const auto domain = mail::Domain::parse(name, mail::Smtputf8::No);
    return domain.has_value() && !domain->value.is_literal() &&
           domain->value.text().find('.') != std::string::npos;
}

OwnName::OwnName(const std::string& host) {
    names_.with([&](Names& names) {
        if (is_fully_qualified(host)) {
            names.fit = {host};
            return;
        }
        names.makeshift = fmt::format("{}.localdomain", host);
        if (!is_fully_qualified(names.makeshift)) {
            names.makeshift = "localhost.localdomain";
        }
    });
}

OwnName::Learned OwnName::learn(std::string_view name) {
    const bool fits = is_fully_qualified(name);
    return names_.with([&](Names& names) {
        if (!fits) {
            const bool is_new = names.unfit != name;
            names.unfit = name;
            return is_new ? Learned::Unfit : Learned::Known;
        }
        const auto known = std::ranges::find_if(names.fit, [&](std::string_view each) {
            return core::equals_ignoring_case(each, name);
        });
        if (known != names.fit.end()) {
            std::rotate(known, known + 1, names.fit.end());
            return Learned::Known;
        }
        if (names.fit.size() >= kMostNames) {
            names.fit.erase(names.fit.begin());
        }
        names.fit.emplace_back(name);
        return Learned::Taken;
    });
}

std::string OwnName::current() const {
    return names_.with(
        [](const Names& names) { return names.fit.empty() ? names.makeshift : names.fit.back(); });
}

bool OwnName::is_makeshift() const {
    return names_.with([](const Names& names) { return names.fit.empty(); });
}

std::vector<std::string> OwnName::all() const {
    return names_.with([](const Names& names) {
        return names.fit.empty() ? std::vector{names.makeshift} : names.fit;
    });
}

}  // namespace holdback::flow
