// SPDX-License-Identifier: Apache-2.0
#include "io/system/random.hpp"

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <sys/random.h>
#include <system_error>

namespace holdback::io::system {

void fill_random(std::span<std::byte> octets) {
    while (!octets.empty()) {
        const ssize_t got = getrandom(octets.data(), octets.size(), 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
        octets = octets.subspan(static_cast<std::size_t>(got));
    }
}

std::string random_hex(std::size_t octets) {
    std::string raw(octets, '\0');
    fill_random(std::as_writable_bytes(std::span(raw)));
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(octets * 2);
    for (const char c : raw) {
        const auto octet = static_cast<unsigned char>(c);
        hex += kDigits[octet >> 4U];
        hex += kDigits[octet & 0x0FU];
    }
    return hex;
}

}  // namespace holdback::io::system
