// SPDX-License-Identifier: Apache-2.0
#include "io/dns/resolv_conf.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/ip_address.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::dns {

std::vector<config::NameServer> parse_resolv_conf(std::string_view text) {
    constexpr std::size_t kMostServers = 3;
    constexpr std::uint16_t kDnsPort = 53;
    constexpr std::string_view kKeyword = "nameserver";
    std::vector<config::NameServer> servers;
    for (std::string_view line : core::split(text, '\n')) {
        line = line.substr(0, line.find_first_of("#;"));
        if (!line.starts_with(kKeyword)) {
            continue;
        }
        line.remove_prefix(kKeyword.size());
        if (line.empty() || !core::is_ascii_space(line.front())) {
            continue;
        }
        const auto address = mail::IpAddress::parse(core::trim(line));
        if (address.has_value() && servers.size() < kMostServers) {
            servers.push_back({*address, kDnsPort});
        }
    }
    return servers;
}

core::Result<std::vector<config::NameServer>, std::string> read_resolv_conf(
    const std::string& path) {
    const std::ifstream file(path);
    if (!file) {
        return std::unexpected(fmt::format("{} cannot be read", path));
    }
    std::ostringstream text;
    text << file.rdbuf();
    std::vector<config::NameServer> servers = parse_resolv_conf(text.str());
    if (servers.empty()) {
        return std::unexpected(fmt::format("{} names no nameserver", path));
    }
    return servers;
}

}  // namespace holdback::io::dns
