// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_shadow.hpp"

#include "core/text.hpp"
#include "reading/rule_set.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

namespace {

bool same_pattern(std::string_view wide, std::string_view narrow) {
    return wide == narrow;
}

/// "5??" covers "550".
bool covers_reply(std::string_view wide, std::string_view narrow) {
    return std::ranges::equal(wide, narrow, [](char w, char n) { return w == '?' || w == n; });
}

/// "5.*.*" covers "5.1.1" and "5.1.*".
bool covers_status(std::string_view wide, std::string_view narrow) {
    return std::ranges::equal(
        core::split(wide, '.'),
        core::split(narrow, '.'),
        [](std::string_view w, std::string_view n) { return w == "*" || w == n; });
}

/// An empty list stands for anything.
bool covers(const std::vector<std::string>& wide,
            const std::vector<std::string>& narrow,
            bool (*covers_one)(std::string_view, std::string_view)) {
    if (wide.empty()) {
        return true;
    }
    return !narrow.empty() && std::ranges::all_of(narrow, [&](const std::string& one) {
        return std::ranges::any_of(
            wide, [&](const std::string& other) { return covers_one(other, one); });
    });
}

}  // namespace

bool shadows(const Rule& first, const Rule& second) {
    return (first.provider.empty() || first.provider == second.provider) &&
           covers(first.text, second.text, same_pattern) &&
           covers(first.remote_mta, second.remote_mta, same_pattern) &&
           covers(first.reporting_mta, second.reporting_mta, same_pattern) &&
           covers(first.reply, second.reply, covers_reply) &&
           covers(first.status, second.status, covers_status);
}

}  // namespace holdback::reading
