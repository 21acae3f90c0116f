// SPDX-License-Identifier: Apache-2.0
#pragma once
// The nameservers of the machine, as resolv.conf(5) lists them.

#include "config/settings.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::dns {

/// The addresses of the `nameserver` lines, at most three as in the C library. Lines without a
/// plain address, such as a link-local one with a zone, are left out.
[[nodiscard]] std::vector<config::NameServer> parse_resolv_conf(std::string_view text);

/// Reads a file like /etc/resolv.conf. The error is one clause in plain words: the file cannot be
/// read, or it names no server.
[[nodiscard]] core::Result<std::vector<config::NameServer>, std::string> read_resolv_conf(
    const std::string& path);

}  // namespace holdback::io::dns
