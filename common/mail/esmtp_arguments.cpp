// SPDX-License-Identifier: Apache-2.0
#include "mail/esmtp_arguments.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace holdback::mail {

std::optional<std::string_view> argument_value(const std::vector<std::string>& arguments,
                                               std::string_view name) {
    for (const std::string_view argument : arguments) {
        const std::size_t equals = argument.find('=');
        if (core::equals_ignoring_case(argument.substr(0, equals), name)) {
            return equals == std::string_view::npos ? std::string_view()
                                                    : argument.substr(equals + 1);
        }
    }
    return std::nullopt;
}

bool wants_failure_report(const std::vector<std::string>& arguments) {
    const auto notify = argument_value(arguments, "NOTIFY");
    if (!notify.has_value()) {
        return true;
    }
    return std::ranges::any_of(core::split(*notify, ','), [](std::string_view word) {
        return core::equals_ignoring_case(word, "FAILURE");
    });
}

bool wants_whole_message(const std::vector<std::string>& arguments) {
    return core::equals_ignoring_case(argument_value(arguments, "RET").value_or(""), "FULL") &&
           !requires_tls(arguments);
}

bool requires_tls(const std::vector<std::string>& arguments) {
    return argument_value(arguments, "REQUIRETLS").has_value();
}

std::optional<DeliverBy> deliver_by(const std::vector<std::string>& arguments,
                                    std::chrono::seconds waited) {
    // RFC 2852 section 4: nine digits at most.
    constexpr std::int64_t kMost = 999'999'999;
    const auto by = argument_value(arguments, "BY");
    if (!by.has_value()) {
        return std::nullopt;
    }
    const std::size_t semicolon = std::min(by->find(';'), by->size());
    const std::string_view number = by->substr(0, semicolon);
    std::int64_t seconds = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), seconds);
    if (number.empty() || error != std::errc() || end != number.data() + number.size() ||
        seconds > kMost || seconds < -kMost || semicolon + 1 >= by->size()) {
        return std::nullopt;
    }
    const std::int64_t left = std::max(seconds - waited.count(), -kMost);
    const char mode = by->at(semicolon + 1);
    return DeliverBy{.value = fmt::format("{}{}", left, by->substr(semicolon)),
                     .is_over = (mode == 'R' || mode == 'r') && left <= 0};
}

}  // namespace holdback::mail
