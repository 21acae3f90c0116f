// SPDX-License-Identifier: Apache-2.0
#pragma once
// The kinds of value that settings write as strings: what each accepts, in words and as a function,
// and its text.

#include "config/notice_choice.hpp"
#include "config/settings.hpp"
#include "config/value_text.hpp"
#include "core/wire_names.hpp"
#include "mail/ip_address.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::config {

/// One kind of value.
template <typename T>
struct ValueForm {
    std::string expects;  ///< ends the sentence "… must be" and names the allowed values
    std::function<std::optional<T>(std::string_view)> parse;
    std::function<std::string(const T&)> text;
};

/// Any of the wire names of `all`.
template <typename Enum, std::size_t Count>
[[nodiscard]] ValueForm<Enum> choice(const std::array<Enum, Count>& all) {
    std::string expects;
    for (std::size_t i = 0; i < Count; ++i) {
        if (i > 0) {
            expects += i + 1 < Count ? ", " : " or ";
        }
        expects += fmt::format(R"("{}")", wire_name(all.at(i)));
    }
    return {std::move(expects),
            [all](std::string_view text) { return core::find_wire_name(all, text); },
            [](const Enum& value) { return std::string(wire_name(value)); }};
}

/// A duration between bounds that `Duration` can hold exactly.
template <typename Duration>
[[nodiscard]] ValueForm<Duration> duration_form(std::chrono::milliseconds least,
                                                std::chrono::milliseconds most,
                                                std::string_view example) {
    using std::chrono::milliseconds;
    return {fmt::format("a duration from {} to {} with its unit (ms, s, m, h, d), such as \"{}\"",
                        duration_text(least),
                        duration_text(most),
                        example),
            [least, most](std::string_view text) -> std::optional<Duration> {
                const auto duration = parse_duration(text);
                if (!duration.has_value() || *duration < least || *duration > most ||
                    *duration % milliseconds(Duration(1)) != milliseconds::zero()) {
                    return std::nullopt;
                }
                return std::chrono::duration_cast<Duration>(*duration);
            },
            [](const Duration& duration) { return duration_text(duration); }};
}

[[nodiscard]] ValueForm<std::size_t> size_form(std::uint64_t least,
                                               std::uint64_t most,
                                               std::string_view example);
[[nodiscard]] ValueForm<Rate> rate_form();
[[nodiscard]] ValueForm<Share> share_form(std::string_view example);
[[nodiscard]] ValueForm<std::chrono::minutes> time_of_day_form();
/// "+@gmail.com": a delimiter, and the domain where it is one.
[[nodiscard]] ValueForm<TagDelimiter> tag_delimiter_form();
/// An address in canonical form; the second form also takes the empty text.
[[nodiscard]] ValueForm<std::string> mailbox_form();
[[nodiscard]] ValueForm<std::string> optional_mailbox_form();

/// Any text that is not empty and has no control characters, e.g. a SASL user name.
[[nodiscard]] ValueForm<std::string> name_form(std::string expects);
/// One line of at most 200 octets, without control characters, or empty.
[[nodiscard]] ValueForm<std::string> optional_words_form();
/// A user or group of the system, or empty.
[[nodiscard]] ValueForm<std::string> account_form(std::string expects);
[[nodiscard]] ValueForm<std::string> path_form();
[[nodiscard]] ValueForm<std::string> optional_path_form();
[[nodiscard]] ValueForm<unsigned> file_mode_form();

[[nodiscard]] ValueForm<std::string> milter_socket_form();
[[nodiscard]] ValueForm<std::string> control_socket_form();
[[nodiscard]] ValueForm<std::string> reinject_form();
[[nodiscard]] ValueForm<std::string> mta_source_form();
[[nodiscard]] ValueForm<std::string> login_source_form();
[[nodiscard]] ValueForm<std::string> log_target_form();
[[nodiscard]] ValueForm<mail::Network> network_form();
[[nodiscard]] ValueForm<NameServer> name_server_form();

/// The name of a header field; the second form also takes the empty text.
[[nodiscard]] ValueForm<std::string> field_name_form();
[[nodiscard]] ValueForm<std::string> optional_field_name_form();

/// A domain in canonical form: A-labels, lower case.
[[nodiscard]] ValueForm<std::string> domain_form();
/// Addresses as `mail::Address::key` gives them.
[[nodiscard]] ValueForm<std::string> mailbox_or_domain_form();
/// The same, and ".example.org" for a domain with all below it.
[[nodiscard]] ValueForm<std::string> recipient_pattern_form();

/// The text before and after the first "=", trimmed; both are empty when there is no "=".
[[nodiscard]] std::pair<std::string_view, std::string_view> split_at_equals(std::string_view text);

/// "sender", "user", "from" or an address.
[[nodiscard]] ValueForm<NoticeTarget> notice_target_form();
/// The name of a table of texts: "en", "pt-br".
[[nodiscard]] ValueForm<std::string> language_form();

/// "PATTERN = VALUE", where the pattern is one of `recipient_pattern_form`.
template <typename T>
[[nodiscard]] ValueForm<ForSenders<T>> by_sender_form(ValueForm<T> value,
                                                      std::string_view example) {
    ValueForm<std::string> pattern = recipient_pattern_form();
    std::string expects =
        fmt::format(R"("PATTERN = VALUE", such as "{}": the pattern {}; the value {})",
                    example,
                    pattern.expects,
                    value.expects);
    auto text = [value](const ForSenders<T>& entry) {
        return fmt::format("{} = {}", entry.pattern, value.text(entry.value));
    };
    auto parse = [pattern = std::move(pattern), value = std::move(value)](
                     std::string_view text_of_entry) -> std::optional<ForSenders<T>> {
        const auto [left, right] = split_at_equals(text_of_entry);
        auto found = pattern.parse(left);
        auto chosen = value.parse(right);
        if (!found.has_value() || !chosen.has_value()) {
            return std::nullopt;
        }
        return ForSenders<T>{.pattern = *std::move(found), .value = *std::move(chosen)};
    };
    return {std::move(expects), std::move(parse), std::move(text)};
}

}  // namespace holdback::config
