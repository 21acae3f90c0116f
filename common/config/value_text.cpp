// SPDX-License-Identifier: Apache-2.0
#include "config/value_text.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::config {

namespace {

/// A unit, and its size in the smallest unit.
struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first: texts are made in this order.
constexpr std::array<Unit, 5> kDurationUnits{{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};
constexpr std::array<Unit, 4> kSizeUnits{{
    {"GiB", std::uint64_t{1} << 30U},
    {"MiB", std::uint64_t{1} << 20U},
    {"KiB", std::uint64_t{1} << 10U},
    {"B", 1},
}};
constexpr std::uint64_t kLongestDuration = std::uint64_t{36'525} * 86'400'000;
constexpr std::uint64_t kLargestSize = std::numeric_limits<std::int64_t>::max();
/// sizeof(sockaddr_un::sun_path) on Linux, without the NUL.
constexpr std::size_t kLongestSocketPath = 107;
constexpr std::uint16_t kDomainPort = 53;

template <std::size_t Count>
std::optional<std::uint64_t> parse_with_unit(std::string_view text,
                                             const std::array<Unit, Count>& units,
                                             std::uint64_t most) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = core::parse_decimal(text.substr(0, digits));
    const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (!number.has_value() || unit == units.end() || *number > most / unit->factor) {
        return std::nullopt;
    }
    return *number * unit->factor;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto number = core::parse_decimal(text);
    if (!number.has_value() || *number == 0 ||
        *number > std::numeric_limits<std::uint16_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(*number);
}

/// True for a host name or an address, and for nothing else.
bool is_host(std::string_view text) {
    const bool name = !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
        return core::is_ascii_digit(c) || core::is_ascii_alpha(c) || c == '-' || c == '.' ||
               c == '_';
    });
    return name || mail::IpAddress::parse(text).has_value();
}

std::optional<SocketSpec> parse_unix_socket(std::string_view path) {
    if (!is_absolute_path(path) || path.size() > kLongestSocketPath) {
        return std::nullopt;
    }
    return UnixSocket{std::string(path)};
}

std::optional<SocketSpec> parse_inet_socket(std::string_view text, bool v6) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = parse_port(text.substr(0, at));
    const std::string_view host = text.substr(at + 1);
    const auto address = mail::IpAddress::parse(host);
    const bool other_family = address.has_value() && address->is_v4() == v6;
    if (!port.has_value() || !is_host(host) || other_family) {
        return std::nullopt;
    }
    return InetSocket{.v6 = v6, .port = *port, .host = std::string(host)};
}

std::optional<SocketSpec> parse_inherited_socket(std::string_view text) {
    constexpr std::uint64_t kMostDescriptors = 1'048'576;
    const auto number = core::parse_decimal(text);
    if (!number.has_value() || *number > kMostDescriptors) {
        return std::nullopt;
    }
    return InheritedSocket{static_cast<int>(*number)};
}

/// Splits "HOST:PORT"; an IPv6 address is in brackets.
std::optional<std::pair<std::string_view, std::uint16_t>> split_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = parse_port(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    if (!port.has_value()) {
        return std::nullopt;
    }
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = mail::IpAddress::parse(host);
    const bool v6 = address.has_value() && !address->is_v4();
    if (v6 != bracketed) {
        return std::nullopt;
    }
    return std::pair(host, *port);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto count = parse_with_unit(text, kDurationUnits, kLongestDuration);
    if (!count.has_value()) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(*count);
}

std::string duration_text(std::chrono::milliseconds duration) {
    const auto count = static_cast<std::uint64_t>(duration.count());
    if (count == 0) {
        return "0s";
    }
    const auto* const unit = std::ranges::find_if(
        kDurationUnits, [count](const Unit& candidate) { return count % candidate.factor == 0; });
    return fmt::format("{}{}", count / unit->factor, unit->name);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse_with_unit(text, kSizeUnits, kLargestSize);
}

std::string size_text(std::uint64_t octets) {
    if (octets == 0) {
        return "0B";
    }
    const auto* const unit = std::ranges::find_if(
        kSizeUnits, [octets](const Unit& candidate) { return octets % candidate.factor == 0; });
    return fmt::format("{}{}", octets / unit->factor, unit->name);
}

std::optional<Rate> parse_rate(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto count = core::parse_decimal(text.substr(0, slash));
    const auto window = parse_duration(text.substr(slash + 1));
    if (!count.has_value() || *count == 0 || !window.has_value() ||
        *window == std::chrono::milliseconds::zero() ||
        *window % std::chrono::seconds(1) != std::chrono::milliseconds::zero()) {
        return std::nullopt;
    }
    return Rate{*count, std::chrono::duration_cast<std::chrono::seconds>(*window)};
}

std::optional<Share> parse_share(std::string_view text) {
    if (!text.ends_with('%')) {
        return std::nullopt;
    }
    const auto percent = core::parse_decimal(text.substr(0, text.size() - 1));
    if (!percent.has_value() || *percent > 100) {
        return std::nullopt;
    }
    return Share{static_cast<unsigned>(*percent)};
}

std::string share_text(const Share& share) {
    return fmt::format("{}%", share.percent);
}

std::string rate_text(const Rate& rate) {
    return fmt::format("{}/{}", rate.count, duration_text(rate.window));
}

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
    constexpr std::size_t kColon = 2;
    if (text.size() != 5 || text[kColon] != ':') {
        return std::nullopt;
    }
    const auto hours = core::parse_decimal(text.substr(0, kColon));
    const auto minutes = core::parse_decimal(text.substr(kColon + 1));
    if (!hours.has_value() || !minutes.has_value() || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::string time_of_day_text(std::chrono::minutes time) {
    return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

std::optional<NameServer> parse_name_server(std::string_view text) {
    if (const auto address = mail::IpAddress::parse(text); address.has_value()) {
        return NameServer{.address = *address, .port = kDomainPort};
    }
    const auto parts = split_host_port(text);
    if (!parts.has_value()) {
        return std::nullopt;
    }
    const auto address = mail::IpAddress::parse(parts->first);
    if (!address.has_value()) {
        return std::nullopt;
    }
    return NameServer{.address = *address, .port = parts->second};
}

std::string name_server_text(const NameServer& server) {
    if (server.port == kDomainPort) {
        return server.address.text();
    }
    return server.address.is_v4() ? fmt::format("{}:{}", server.address.text(), server.port)
                                  : fmt::format("[{}]:{}", server.address.text(), server.port);
}

bool is_absolute_path(std::string_view text) {
    constexpr std::size_t kLongestPath = 4095;
    if (!text.starts_with('/') || text.size() > kLongestPath) {
        return false;
    }
    const bool control = std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    const auto parts = core::split(text, '/');
    const bool relative = std::ranges::any_of(
        parts, [](std::string_view part) { return part == "." || part == ".."; });
    return !control && !relative;
}

std::optional<SocketSpec> parse_socket_spec(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view kind = text.substr(0, colon);
    const std::string_view rest = text.substr(colon + 1);
    if (kind == "unix") {
        return parse_unix_socket(rest);
    }
    if (kind == "inet" || kind == "inet6") {
        return parse_inet_socket(rest, kind == "inet6");
    }
    return kind == "fd" ? parse_inherited_socket(rest) : std::nullopt;
}

std::optional<ReinjectTarget> parse_reinject(std::string_view text) {
    constexpr std::string_view kSmtp = "smtp:";
    constexpr std::string_view kSendmail = "sendmail:";
    if (text.starts_with(kSendmail)) {
        const std::string_view program = text.substr(kSendmail.size());
        if (!is_absolute_path(program)) {
            return std::nullopt;
        }
        return SendmailTarget{std::string(program)};
    }
    if (!text.starts_with(kSmtp)) {
        return std::nullopt;
    }
    const auto parts = split_host_port(text.substr(kSmtp.size()));
    if (!parts.has_value() || !is_host(parts->first)) {
        return std::nullopt;
    }
    return SmtpTarget{.host = std::string(parts->first), .port = parts->second};
}

}  // namespace holdback::config
