// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sodium.h>

namespace holdback::core {

namespace {

void feed(crypto_hash_sha256_state& state, std::span<const std::uint8_t> octets) {
    crypto_hash_sha256_update(&state, octets.data(), octets.size());
}

void feed(crypto_hash_sha256_state& state, std::string_view octets) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): text as octets
    feed(state, {reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()});
}

/// libsodium's state in the octets that a `RunningDigest` keeps for it.
crypto_hash_sha256_state* state_of(std::span<std::byte> octets) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): a C struct in raw storage
    return reinterpret_cast<crypto_hash_sha256_state*>(octets.data());
}

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

}  // namespace

RunningDigest::RunningDigest() {
    static_assert(sizeof(crypto_hash_sha256_state) <= kStateOctets);
    crypto_hash_sha256_init(state_of(state_));
}

void RunningDigest::update(std::string_view octets) {
    feed(*state_of(state_), octets);
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
        feed(state, piece);
    }
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state, digest.data());
    return to_hex(digest);
}

}  // namespace holdback::core
