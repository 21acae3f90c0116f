// SPDX-License-Identifier: Apache-2.0
#include "config/value_form.hpp"

#include "config/mta_text.hpp"
#include "config/notice_choice.hpp"
#include "config/rate.hpp"
#include "config/sender_login_text.hpp"
#include "config/settings.hpp"
#include "config/value_text.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
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

namespace {

/// A text that `accepts` allows; it is kept unchanged.
ValueForm<std::string> checked_text(std::string expects,
                                    std::function<bool(std::string_view)> accepts) {
    return {std::move(expects),
            [accepts = std::move(accepts)](std::string_view text) {
                return accepts(text) ? std::optional<std::string>(text) : std::nullopt;
            },
            [](const std::string& text) { return text; }};
}

bool is_plain_text(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

/// RFC 5322 section 3.6.8, ftext.
bool is_field_name(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

/// The canonical name; nullopt also for literals.
std::optional<std::string> canonical_domain(std::string_view text) {
    const auto domain = mail::Domain::parse(text, mail::Smtputf8::Yes);
    if (!domain.has_value() || domain->value.is_literal()) {
        return std::nullopt;
    }
    return domain->value.text();
}

std::optional<std::string> canonical_address(std::string_view text) {
    const auto address = mail::Address::parse(text, mail::Smtputf8::Yes);
    if (!address.has_value()) {
        return std::nullopt;
    }
    return address->value.key();
}

}  // namespace

ValueForm<std::string> path_form() {
    return checked_text("an absolute path", is_absolute_path);
}

ValueForm<std::string> optional_path_form() {
    return checked_text("an absolute path, or empty", [](std::string_view text) {
        return text.empty() || is_absolute_path(text);
    });
}

ValueForm<std::string> name_form(std::string expects) {
    return checked_text(std::move(expects),
                        [](std::string_view text) { return !text.empty() && is_plain_text(text); });
}

ValueForm<std::string> optional_words_form() {
    constexpr std::size_t kMostOctets = 200;
    return checked_text(
        "an address or a few words (at most 200 octets), or empty",
        [](std::string_view text) { return text.size() <= kMostOctets && is_plain_text(text); });
}

ValueForm<std::string> account_form(std::string expects) {
    return checked_text(std::move(expects), [](std::string_view text) {
        return text.size() <= 255 && is_plain_text(text) &&
               text.find_first_of(" :/") == std::string_view::npos;
    });
}

ValueForm<std::string> milter_socket_form() {
    return checked_text(
        "\"unix:/PATH\" (at most 107 octets of path), \"inet:PORT@HOST\", \"inet6:PORT@HOST\" or "
        "\"fd:NUMBER\"",
        [](std::string_view text) { return parse_socket_spec(text).has_value(); });
}

ValueForm<std::string> control_socket_form() {
    return checked_text("an absolute path of at most 107 octets", [](std::string_view text) {
        return parse_socket_spec(fmt::format("unix:{}", text)).has_value();
    });
}

ValueForm<std::string> reinject_form() {
    return checked_text(R"("smtp:HOST:PORT" or "sendmail:/PATH")",
                        [](std::string_view text) { return parse_reinject(text).has_value(); });
}

ValueForm<std::string> mta_source_form() {
    return checked_text(R"("auto", "off", "postfix:/DIRECTORY" or "sendmail:/FILE")",
                        [](std::string_view text) { return parse_mta_source(text).has_value(); });
}

ValueForm<std::string> login_source_form() {
    return checked_text(R"("file:/PATH", "postfix" or "postfix:/DIRECTORY")",
                        [](std::string_view text) { return parse_login_source(text).has_value(); });
}

ValueForm<std::string> log_target_form() {
    return checked_text(
        R"("journal", "syslog", "stderr" or "file:/PATH")", [](std::string_view text) {
            constexpr std::string_view kFile = "file:";
            return text == "journal" || text == "syslog" || text == "stderr" ||
                   (text.starts_with(kFile) && is_absolute_path(text.substr(kFile.size())) &&
                    !text.ends_with('/'));
        });
}

ValueForm<unsigned> file_mode_form() {
    return {"a file mode in octal digits, such as \"0660\"",
            [](std::string_view text) -> std::optional<unsigned> {
                if (text.size() < 3 || text.size() > 4 || (text.size() == 4 && text[0] != '0')) {
                    return std::nullopt;
                }
                unsigned mode = 0;
                for (const char c : text) {
                    if (c < '0' || c > '7') {
                        return std::nullopt;
                    }
                    mode = mode * 8 + static_cast<unsigned>(c - '0');
                }
                return mode;
            },
            [](const unsigned& mode) { return fmt::format("{:04o}", mode); }};
}

ValueForm<mail::Network> network_form() {
    return {R"(an address or a network without host bits, such as "192.0.2.0/24" or "::1")",
            mail::Network::parse,
            [](const mail::Network& network) { return network.text(); }};
}

ValueForm<NameServer> name_server_form() {
    return {
        "an address with or without port, such as \"192.0.2.53\", \"127.0.0.1:5310\" or "
        "\"[2001:db8::1]:53\"",
        parse_name_server,
        name_server_text};
}

ValueForm<Share> share_form(std::string_view example) {
    return {
        fmt::format("a share from 0% to 100%, such as \"{}\"", example), parse_share, share_text};
}

ValueForm<Rate> rate_form() {
    return {"a number and a window, such as \"100/10m\" (units s, m, h, d)",
            [](std::string_view text) -> std::optional<Rate> {
                const auto rate = parse_rate(text);
                const bool fits = rate.has_value() && rate->count <= 1'000'000'000 &&
                                  rate->window <= std::chrono::days(31);
                return fits ? rate : std::nullopt;
            },
            rate_text};
}

ValueForm<std::size_t> size_form(std::uint64_t least,
                                 std::uint64_t most,
                                 std::string_view example) {
    return {fmt::format("a size from {} to {} with its unit (B, KiB, MiB, GiB), such as \"{}\"",
                        size_text(least),
                        size_text(most),
                        example),
            [least, most](std::string_view text) -> std::optional<std::size_t> {
                const auto octets = parse_size(text);
                const bool fits = octets.has_value() && *octets >= least && *octets <= most;
                return fits ? octets : std::nullopt;
            },
            [](const std::size_t& octets) { return size_text(octets); }};
}

ValueForm<std::string> field_name_form() {
    return checked_text("the name of a header field", is_field_name);
}

ValueForm<std::string> optional_field_name_form() {
    return checked_text("the name of a header field, or empty",
                        [](std::string_view text) { return text.empty() || is_field_name(text); });
}

ValueForm<std::string> domain_form() {
    return {"a domain, such as \"example.org\"", canonical_domain, [](const std::string& text) {
                return text;
            }};
}

ValueForm<std::string> mailbox_form() {
    return {"an address, such as \"leave@example.org\"",
            canonical_address,
            [](const std::string& text) { return text; }};
}

ValueForm<std::string> optional_mailbox_form() {
    return {"an address, such as \"holdback@example.org\", or empty",
            [](std::string_view text) {
                return text.empty() ? std::optional<std::string>("") : canonical_address(text);
            },
            [](const std::string& text) { return text; }};
}

ValueForm<std::chrono::minutes> time_of_day_form() {
    return {R"(a time of day from "00:00" to "23:59")", parse_time_of_day, time_of_day_text};
}

ValueForm<TagDelimiter> tag_delimiter_form() {
    return {R"("+", "-", "=" or "_", with @ and a domain behind it, such as "+@example.net")",
            [](std::string_view text) -> std::optional<TagDelimiter> {
                constexpr std::string_view kDelimiters = "+-=_";
                if (text.size() < 3 || !kDelimiters.contains(text[0]) || text[1] != '@') {
                    return std::nullopt;
                }
                auto domain = canonical_domain(text.substr(2));
                return domain.has_value() ? std::optional(TagDelimiter{text[0], *std::move(domain)})
                                          : std::nullopt;
            },
            [](const TagDelimiter& value) {
                return fmt::format("{}@{}", value.delimiter, value.domain);
            }};
}

ValueForm<std::string> mailbox_or_domain_form() {
    return {R"(an address or a domain, such as "news@example.org" or "example.org")",
            [](std::string_view text) {
                return text.find('@') == std::string_view::npos ? canonical_domain(text)
                                                                : canonical_address(text);
            },
            [](const std::string& text) { return text; }};
}

ValueForm<std::string> recipient_pattern_form() {
    return {
        "an address, a domain or a dot and a domain, such as \"bo@example.net\", "
        "\"example.net\" or \".example.net\"",
        [](std::string_view text) -> std::optional<std::string> {
            if (!text.starts_with('.')) {
                return mailbox_or_domain_form().parse(text);
            }
            const auto domain = canonical_domain(text.substr(1));
            return domain.has_value() ? std::optional("." + *domain) : std::nullopt;
        },
        [](const std::string& text) { return text; }};
}

std::pair<std::string_view, std::string_view> split_at_equals(std::string_view text) {
    const std::size_t at = text.find('=');
    return at == std::string_view::npos
               ? std::pair<std::string_view, std::string_view>{}
               : std::pair{core::trim(text.substr(0, at)), core::trim(text.substr(at + 1))};
}

ValueForm<NoticeTarget> notice_target_form() {
    const auto words = choice(std::array{NoticeTo::Sender, NoticeTo::User, NoticeTo::From});
    return {R"("sender", "user", "from" or an address)",
            [words](std::string_view text) -> std::optional<NoticeTarget> {
                if (const auto to = words.parse(text)) {
                    return NoticeTarget{.to = *to, .address = {}};
                }
                auto address = canonical_address(text);
                return address.has_value()
                           ? std::optional(NoticeTarget{.to = NoticeTo::Fixed, .address = *address})
                           : std::nullopt;
            },
            [](const NoticeTarget& target) {
                return target.to == NoticeTo::Fixed ? target.address
                                                    : std::string(wire_name(target.to));
            }};
}

ValueForm<std::string> language_form() {
    return checked_text(
        R"(the name of a table of texts: up to 20 of a-z, 0-9 and "-", such as "en")",
        [](std::string_view text) {
            return !text.empty() && text.size() <= 20 && std::ranges::all_of(text, [](char c) {
                return (c >= 'a' && c <= 'z') || core::is_ascii_digit(c) || c == '-';
            });
        });
}

}  // namespace holdback::config
