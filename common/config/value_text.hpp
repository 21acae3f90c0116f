// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of values in settings: durations, sizes, rates, sockets. Each text can be read back.

#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace holdback::config {

/// A whole number with its unit and nothing else: "500ms", "2s", "10m", "1h", "7d". At most 100
/// years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// In the largest unit that gives a whole number: "7d", "90m"; zero is "0s".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// Octets as a whole number with its unit: "512B", "64KiB", "10MiB", "1GiB". Below 2^63.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string size_text(std::uint64_t octets);

/// A number of events and a window: "100/10m". Both are above zero; the window is in whole seconds.
[[nodiscard]] std::optional<Rate> parse_rate(std::string_view text);
[[nodiscard]] std::string rate_text(const Rate& rate);

/// "10%": 0 to 100.
[[nodiscard]] std::optional<Share> parse_share(std::string_view text);
[[nodiscard]] std::string share_text(const Share& share);

/// A local time of day: "06:00"; minutes since midnight.
[[nodiscard]] std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text);
[[nodiscard]] std::string time_of_day_text(std::chrono::minutes time);

/// "192.0.2.53", "127.0.0.1:5310", "2001:db8::1", "[2001:db8::1]:53".
[[nodiscard]] std::optional<NameServer> parse_name_server(std::string_view text);
/// Without the port when it is 53.
[[nodiscard]] std::string name_server_text(const NameServer& server);

/// An absolute path without "." and "..", NUL and control characters.
[[nodiscard]] bool is_absolute_path(std::string_view text);

struct UnixSocket {
    std::string path;  ///< absolute, at most 107 octets: the room in a socket address
    bool operator==(const UnixSocket&) const = default;
};
/// A TCP port on a host: IPv4 for "inet", IPv6 for "inet6".
struct InetSocket {
    bool v6 = false;
    std::uint16_t port = 0;
    std::string host;  ///< a name or an address, never empty
    bool operator==(const InetSocket&) const = default;
};
/// A listening socket that the program inherited at its start.
struct InheritedSocket {
    int descriptor = 0;
    bool operator==(const InheritedSocket&) const = default;
};
using SocketSpec = std::variant<UnixSocket, InetSocket, InheritedSocket>;

/// "unix:/path", "inet:PORT@HOST", "inet6:PORT@HOST", "fd:N".
[[nodiscard]] std::optional<SocketSpec> parse_socket_spec(std::string_view text);

struct SmtpTarget {
    std::string host;  ///< a name, or an address without brackets
    std::uint16_t port = 25;
    bool operator==(const SmtpTarget&) const = default;
};
struct SendmailTarget {
    std::string program;  ///< absolute path
    bool operator==(const SendmailTarget&) const = default;
};
using ReinjectTarget = std::variant<SmtpTarget, SendmailTarget>;

/// "smtp:HOST:PORT", "smtp:[2001:db8::1]:PORT", "sendmail:/path".
[[nodiscard]] std::optional<ReinjectTarget> parse_reinject(std::string_view text);

}  // namespace holdback::config
