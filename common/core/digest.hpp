// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digests: pure functions on libsodium, which only this module's source includes.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace holdback::core {

/// SHA-256 of the pieces one after the other, each preceded by its length so that no two different
/// lists of pieces give one digest; lower-case hexadecimal, 64 characters.
[[nodiscard]] std::string digest_hex(std::span<const std::string_view> pieces);

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
