// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads lists of suppressed addresses in JSON, as the APIs of mail services give them.

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// The members of an object except objects and lists, as texts.
struct JsonRow {
    std::vector<std::string> names;
    std::vector<std::string> values;
};

/// True when the text begins like JSON. Consumes nothing.
[[nodiscard]] bool is_json(std::istream& in);

/// Calls `visit` for each object, at any depth, that has the member `wanted` (or, if that is not
/// set, one with a name for addresses). Several JSON values may follow each other. Memory is
/// bounded by the largest object. The error says where the text is not JSON; objects before that
/// were visited.
[[nodiscard]] std::optional<std::string> read_json_rows(
    std::istream& in,
    const std::optional<std::string>& wanted,
    const std::function<void(const JsonRow&)>& visit);

}  // namespace holdback::milter::ctl
