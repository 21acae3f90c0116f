// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <sodium.h>

namespace holdback::core {

namespace {

std::span<const std::uint8_t> octets_of(std::string_view text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): text as octets
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void feed(crypto_hash_sha256_state& state, std::span<const std::uint8_t> octets) {
    crypto_hash_sha256_update(&state, octets.data(), octets.size());
}

/// libsodium's state in the octets that a `RunningDigest` keeps for it.
crypto_hash_sha256_state* state_of(std::span<std::byte> octets) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): a C struct in raw storage
    return reinterpret_cast<crypto_hash_sha256_state*>(octets.data());
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(octets.size() * 2);
    for (const std::uint8_t octet : octets) {
        hex += kDigits[octet >> 4U];
        hex += kDigits[octet & 0x0FU];
    }
    return hex;
}

RunningDigest::RunningDigest() {
    static_assert(sizeof(crypto_hash_sha256_state) <= kStateOctets);
    crypto_hash_sha256_init(state_of(state_));
}

void RunningDigest::update(std::string_view octets) {
    feed(*state_of(state_), octets_of(octets));
}

std::string RunningDigest::finish_hex() {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(state_of(state_), digest.data());
    return to_hex(digest);
}

std::string digest_hex(std::span<const std::string_view> pieces) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (const std::string_view piece : pieces) {
        std::array<std::uint8_t, sizeof(std::uint64_t)> length{};
        std::uint64_t rest = piece.size();
        for (std::uint8_t& octet : length) {
            octet = static_cast<std::uint8_t>(rest & 0xFFU);
            rest >>= 8U;
        }
        feed(state, length);
        feed(state, octets_of(piece));
    }
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state, digest.data());
    return to_hex(digest);
}

Mac hmac_sha256(const SecretKey& key, std::string_view octets) {
    static_assert(std::tuple_size_v<SecretKey> == crypto_auth_hmacsha256_KEYBYTES);
    static_assert(std::tuple_size_v<Mac> == crypto_auth_hmacsha256_BYTES);
    Mac mac{};
    const std::span<const std::uint8_t> message = octets_of(octets);
    crypto_auth_hmacsha256(mac.data(), message.data(), message.size(), key.data());
    return mac;
}

KeyedHash keyed_hash(const SecretKey& key, std::string_view octets) {
    static_assert(std::tuple_size_v<KeyedHash> >= crypto_generichash_BYTES_MIN);
    KeyedHash hash{};
    const std::span<const std::uint8_t> message = octets_of(octets);
    crypto_generichash(
        hash.data(), hash.size(), message.data(), message.size(), key.data(), key.size());
    return hash;
}

std::string to_base64url(std::span<const std::uint8_t> octets) {
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_ENCODED_LEN(octets.size(), kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), octets.data(), octets.size(), kVariant);
    text.pop_back();  // the final zero
    return text;
}

std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text) {
    std::vector<std::uint8_t> octets((text.size() / 4 * 3) + 3);
    std::size_t size = 0;
    const int status = sodium_base642bin(octets.data(),
                                         octets.size(),
                                         text.data(),
                                         text.size(),
                                         nullptr,
                                         &size,
                                         nullptr,
                                         sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (status != 0) {
        return std::nullopt;
    }
    octets.resize(size);
    return octets;
}

bool same_octets(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
    return left.size() == right.size() &&
           sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace holdback::core
