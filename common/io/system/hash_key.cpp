// SPDX-License-Identifier: Apache-2.0
#include "io/system/hash_key.hpp"

#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/system/private_file.hpp"
#include "io/system/random.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include <fmt/format.h>

namespace holdback::io::system {

namespace {

core::Result<core::SecretKey, std::string> parse_key(const std::string& path,
                                                     const std::string& octets) {
    core::SecretKey key{};
    if (octets.size() != key.size()) {
        return std::unexpected(
            fmt::format("{}: not a key: it must have {} octets", path, key.size()));
    }
    std::ranges::copy(octets, key.begin());
    return key;
}

}  // namespace

core::Result<core::SecretKey, std::string> load_key(const std::string& path, IfAbsent if_absent) {
    auto octets = read_private_file(path);
    if (octets.has_value() && !octets->has_value() && if_absent == IfAbsent::Make) {
        std::string made(sizeof(core::SecretKey), '\0');
        fill_random(std::as_writable_bytes(std::span(made)));
        // The first process to make the key makes it for all.
        if (const auto created = create_private_file(path, made); !created.has_value()) {
            return std::unexpected(created.error());
        }
        octets = read_private_file(path);
    }
    if (!octets.has_value()) {
        return std::unexpected(octets.error());
    }
    const std::optional<std::string>& found = *octets;
    if (!found.has_value()) {
        return std::unexpected(fmt::format("{}: there is no such file", path));
    }
    return parse_key(path, *found);
}

}  // namespace holdback::io::system
