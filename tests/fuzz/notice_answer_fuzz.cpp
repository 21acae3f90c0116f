// SPDX-License-Identifier: Apache-2.0
// Any octets as the text, and as the subject, of an answer to a notice.
#include "core/text.hpp"
#include "letters/compose.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"
#include "letters/notice_token.hpp"
#include "letters/resolved_orders.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kCount = 50;

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void expect_numbers(const std::vector<std::size_t>& numbers) {
    expect(std::ranges::all_of(numbers,
                               [](std::size_t number) { return number >= 1 && number <= kCount; }));
    expect(std::ranges::is_sorted(numbers) && std::ranges::adjacent_find(numbers) == numbers.end());
}

void expect_short_lines(std::string_view mail) {
    for (const std::string_view line : holdback::core::split(mail, '\n')) {
        expect(line.size() <= 78 + 1);
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace core = holdback::core;
    namespace letters = holdback::letters;
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    const letters::ResolvedOrders resolved =
        letters::resolve(letters::read_orders(text), kCount, letters::NoticeTexts());
    expect_numbers(resolved.release);
    expect_numbers(resolved.discard);
    std::vector<std::size_t> both;
    std::ranges::set_intersection(resolved.release, resolved.discard, std::back_inserter(both));
    expect(both.empty());
    if (const auto token = letters::find_notice_token(text)) {
        expect(letters::find_notice_token(*token) == token);
        expect(letters::named_notice(*token).size() == letters::kNoticeIdDigits);
    }
    const std::string field = letters::header_field("Subject", text);
    expect_short_lines(field);
    expect(!core::has_non_ascii(field) && field.ends_with("\r\n"));
    expect(field.find("\r\n\r\n") == std::string::npos);
    expect_short_lines(letters::quoted_printable(text));
    expect(core::html_safe(text).find_first_of("<>\"'") == std::string::npos);
    const std::string row = core::csv_row(std::array<std::string, 2>{text, text});
    expect(std::ranges::count(row, '\n') == 1);
    return 0;
}
