// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digests, keyed and not: pure functions on libsodium, which only this module's source includes.
// They stand here so that pure code can use them: a seal is made and verified without I/O. Random
// octets come from io/system/random.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

/// SHA-256 of the pieces in order, as 64 characters of lower-case hexadecimal. The length goes
/// before each piece, so that different lists of pieces never give the same digest.
[[nodiscard]] std::string digest_hex(std::span<const std::string_view> pieces);

/// A secret key for the functions below: octets that nobody else knows, never text that people
/// chose.
using SecretKey = std::array<std::uint8_t, 32>;

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) of octets. A caller who joins several values into one text
/// makes sure that no other values give the same text.
using Mac = std::array<std::uint8_t, 32>;
[[nodiscard]] Mac hmac_sha256(const SecretKey& key, std::string_view octets);

/// A keyed hash (BLAKE2b, 128 bits) for use as a name. Without the key nobody can tell what was
/// hashed, nor try all likely values. Two values with the same hash do not occur in practice.
using KeyedHash = std::array<std::uint8_t, 16>;
[[nodiscard]] KeyedHash keyed_hash(const SecretKey& key, std::string_view octets);

/// True when both hold the same octets. The time it takes depends on their lengths alone: use it to
/// compare a claimed value with the one that a key gives.
[[nodiscard]] bool same_octets(std::span<const std::uint8_t> left,
                               std::span<const std::uint8_t> right);

/// Lower-case hexadecimal, two characters an octet.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> octets);

/// Base64 in the alphabet for URLs, without padding (RFC 4648 section 5).
[[nodiscard]] std::string to_base64url(std::span<const std::uint8_t> octets);
/// The octets of such a text; nullopt for any other text.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text);

/// SHA-256 of octets that come in pieces. The cuts between the pieces make no difference.
class RunningDigest {
public:
    RunningDigest();

    void update(std::string_view octets);
    /// The digest so far, as 64 characters of lower-case hexadecimal. It ends the digest: call it
    /// once.
    [[nodiscard]] std::string finish_hex();

private:
    // Room for libsodium's state, whose type stays out of our headers; the source checks the size.
    static constexpr std::size_t kStateOctets = 128;
    alignas(std::max_align_t) std::array<std::byte, kStateOctets> state_{};
};

}  // namespace holdback::core
