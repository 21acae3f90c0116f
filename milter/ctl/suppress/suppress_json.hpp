// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists of suppressed addresses in JSON, as the interfaces of mail services give them.

#include <cstddef>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// The members of an object that are no objects or lists, as texts.
struct JsonRow {
    std::vector<std::string> names;
    std::vector<std::string> values;
};

/// True when the text begins like JSON; nothing is read.
[[nodiscard]] bool is_json(std::istream& in);

/// Calls `visit` for each object, at whatever depth, that has the member `wanted`, or else one with
/// a name for addresses; for several values one after the other as well. Memory is bounded by the
/// largest object. The error says where the text is no JSON; the objects before that have been
/// visited.
[[nodiscard]] std::optional<std::string> read_json_rows(
    std::istream& in,
    const std::optional<std::string>& wanted,
    const std::function<void(const JsonRow&)>& visit);

}  // namespace holdback::milter::ctl
