// SPDX-License-Identifier: Apache-2.0
#include "io/system/seal_key_file.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "io/system/private_file.hpp"
#include "io/system/random.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::system {

namespace {

constexpr std::string_view kPreamble =
    "# Keys of Holdback's seals: id, secret, time of making. The last one signs.\n";

std::optional<std::uint8_t> digit_of(char c) {
    if (core::is_ascii_digit(c)) {
        return static_cast<std::uint8_t>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<std::uint8_t>(c - 'a' + 10);
    }
    return std::nullopt;
}

/// Reads exactly as many octets as there is room for; false when the text has others.
bool read_hex(std::string_view text, std::span<std::uint8_t> octets) {
    if (text.size() != octets.size() * 2) {
        return false;
    }
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const auto high = digit_of(text[2 * i]);
        const auto low = digit_of(text[(2 * i) + 1]);
        if (!high.has_value() || !low.has_value()) {
            return false;
        }
        octets[i] = static_cast<std::uint8_t>((*high << 4U) | *low);
    }
    return true;
}

std::optional<dsn::SealKey> parse_key(std::string_view line) {
    const std::vector<std::string_view> words = core::split(line, ' ');
    dsn::SealKey key;
    if (words.size() != 3 || !read_hex(words[0], key.id) || !read_hex(words[1], key.secret)) {
        return std::nullopt;
    }
    const auto seconds = core::parse_decimal(words[2]);
    if (!seconds.has_value() || *seconds > UINT32_MAX) {
        return std::nullopt;
    }
    key.made = core::TimePoint(std::chrono::seconds(*seconds));
    return key;
}

core::Result<dsn::SealKeys, std::string> parse_keys(const std::string& path,
                                                    std::string_view text) {
    dsn::SealKeys keys;
    std::size_t number = 0;
    for (const std::string_view line : core::split(text, '\n')) {
        ++number;
        if (core::trim(line).empty() || line.starts_with('#')) {
            continue;
        }
        auto key = parse_key(core::trim(line));
        if (!key.has_value()) {
            return std::unexpected(
                fmt::format("{}:{}: a key is eight hexadecimal digits, 64 hexadecimal digits and "
                            "the seconds since 1970, with a space between them",
                            path,
                            number));
        }
        keys.push_back(*key);
    }
    if (keys.empty()) {
        return std::unexpected(fmt::format("{}: there is no key in it", path));
    }
    return keys;
}

std::string text_of(const dsn::SealKeys& keys) {
    std::string text(kPreamble);
    for (const dsn::SealKey& key : keys) {
        const auto made =
            std::chrono::duration_cast<std::chrono::seconds>(key.made.time_since_epoch());
        text +=
            fmt::format("{} {} {}\n", core::to_hex(key.id), core::to_hex(key.secret), made.count());
    }
    return text;
}

dsn::SealKey make_key(core::TimePoint now) {
    dsn::SealKey key;
    fill_random(std::as_writable_bytes(std::span(key.id)));
    fill_random(std::as_writable_bytes(std::span(key.secret)));
    key.made = std::chrono::floor<std::chrono::seconds>(now);
    return key;
}

}  // namespace

core::Result<dsn::SealKeys, std::string> read_seal_keys(const std::string& path) {
    const auto text = read_private_file(path);
    if (!text.has_value()) {
        return std::unexpected(text.error());
    }
    const std::optional<std::string>& octets = *text;
    if (!octets.has_value()) {
        return std::unexpected(fmt::format("{}: there is no such file", path));
    }
    return parse_keys(path, *octets);
}

core::Result<dsn::SealKeys, std::string> load_seal_keys(const std::string& path,
                                                        core::TimePoint now) {
    const auto there = read_private_file(path);
    if (!there.has_value()) {
        return std::unexpected(there.error());
    }
    if (!there->has_value()) {
        if (const auto made = create_private_file(path, text_of({make_key(now)}));
            !made.has_value()) {
            return std::unexpected(made.error());
        }
    }
    return read_seal_keys(path);
}

core::Result<dsn::SealKeys, std::string> rotate_seal_keys(const std::string& path,
                                                          core::TimePoint now,
                                                          std::chrono::seconds lifetime) {
    auto keys = load_seal_keys(path, now);
    if (!keys.has_value()) {
        return keys;
    }
    keys->push_back(make_key(now));
    dsn::SealKeys used = dsn::keys_in_use(*keys, now, lifetime);
    if (const auto replaced = replace_private_file(path, text_of(used)); !replaced.has_value()) {
        return std::unexpected(replaced.error());
    }
    return used;
}

}  // namespace holdback::io::system
