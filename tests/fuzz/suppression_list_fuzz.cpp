// SPDX-License-Identifier: Apache-2.0
// Lists of suppressed addresses: recognition, rows, and what is written of them again.
#include "core/clock.hpp"
#include "lists/access_map.hpp"
#include "lists/address_column.hpp"
#include "lists/list_rows.hpp"
#include "lists/list_shape.hpp"
#include "lists/row_reader.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace {

using namespace holdback;

constexpr core::TimePoint kNow{std::chrono::milliseconds(1'700'000'000'000)};

/// What was taken in is written and read again without loss.
void check_own_row(const terms::SuppressionEntry& entry) {
    std::string header;
    for (const std::string_view name : lists::own_columns()) {
        header += (header.empty() ? "" : ",") + std::string(name);
    }
    const auto shape = lists::recognize(header, std::nullopt);
    std::string text = header + '\n' + lists::own_row(entry);
    lists::RowReader reader([&text](std::span<char> space) {
        const std::size_t count = std::min(space.size(), text.size());
        std::copy_n(text.begin(), count, space.begin());
        text.erase(0, count);
        return count;
    });
    reader.separate_by(',');
    if (!shape.has_value() || !reader.next() || !reader.next() || reader.trouble().has_value()) {
        std::abort();
    }
    const auto outcome =
        lists::RowParser(*shape, {.now = kNow, .reason = {}}).parse(reader.fields());
    const auto* const again = std::get_if<terms::SuppressionEntry>(&outcome);
    if (again == nullptr || *again != entry) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets as text
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    // The first octet says in what pieces the text comes.
    const std::size_t at_once = rest.empty() ? 1 : 1 + static_cast<unsigned char>(rest.front());
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
    const std::string_view whole = rest;
    lists::RowReader reader([&](std::span<char> space) {
        const std::size_t count = std::min({space.size(), at_once, rest.size()});
        std::copy_n(rest.begin(), count, space.begin());
        rest.remove_prefix(count);
        return count;
    });
    static_cast<void>(reader.peek(at_once));
    const auto shape = lists::recognize(whole.substr(0, lists::kLookedAtOctets), std::nullopt);
    if (!shape.has_value()) {
        return 0;
    }
    reader.separate_by(shape->separator);
    const lists::RowParser parser(*shape, {.now = kNow, .reason = {}});
    while (reader.next()) {
        const auto outcome = parser.parse(reader.fields());
        const auto* const entry = std::get_if<terms::SuppressionEntry>(&outcome);
        if (entry == nullptr) {
            continue;
        }
        check_own_row(*entry);
        if (const auto lines = lists::postfix_lines(*entry); lines.has_value()) {
            static_cast<void>(lists::sendmail_lines(*entry));
        }
    }
    return 0;
}
