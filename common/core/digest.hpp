// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digests, keyed and not: pure functions on libsodium, which only this module's source includes.
// They stand here so that pure code (a seal is made and verified without I/O) has them as well;
// random octets come from io/random.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

/// SHA-256 of the pieces one after the other, each preceded by its length so that no two different
/// lists of pieces give one digest; lower-case hexadecimal, 64 characters.
[[nodiscard]] std::string digest_hex(std::span<const std::string_view> pieces);

/// A secret key for the functions below: octets that nobody else knows, never text of people's.
using SecretKey = std::array<std::uint8_t, 32>;

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) of octets. Whoever joins several values into one text sees
/// to it that no other values give the same one.
using Mac = std::array<std::uint8_t, 32>;
[[nodiscard]] Mac hmac_sha256(const SecretKey& key, std::string_view octets);

/// A keyed hash (BLAKE2b, 128 bits) for use as a name: without the key nobody can tell whose hash
/// it is, nor try all likely values. Values with one hash do not occur in practice.
using KeyedHash = std::array<std::uint8_t, 16>;
[[nodiscard]] KeyedHash keyed_hash(const SecretKey& key, std::string_view octets);

/// True when both hold the same octets, found out in a time that depends on their lengths alone:
/// the way to compare what was claimed with what a key gives.
[[nodiscard]] bool same_octets(std::span<const std::uint8_t> left,
                               std::span<const std::uint8_t> right);

/// Lower-case hexadecimal, two characters an octet.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> octets);

/// Base64 in the alphabet for URLs, without padding (RFC 4648 section 5).
[[nodiscard]] std::string to_base64url(std::span<const std::uint8_t> octets);
/// The octets of such a text; nullopt when it is anything else.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text);

/// SHA-256 of octets that come in pieces; where the cuts are makes no difference.
class RunningDigest {
public:
    RunningDigest();

    void update(std::string_view octets);
    /// Lower-case hexadecimal, 64 characters, of what came so far. Ends the digest: call it once.
    [[nodiscard]] std::string finish_hex();

private:
    // Room for libsodium's state, whose type stays out of our headers; the source checks the size.
    static constexpr std::size_t kStateOctets = 128;
    alignas(std::max_align_t) std::array<std::byte, kStateOctets> state_{};
};

}  // namespace holdback::core
