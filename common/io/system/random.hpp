// SPDX-License-Identifier: Apache-2.0
#pragma once
// Randomness from the kernel.

#include <cstddef>
#include <span>
#include <string>

namespace holdback::io::system {

/// Fills the octets with unpredictable ones (getrandom(2)). Throws std::system_error when the
/// kernel gives none. Safe from several threads.
void fill_random(std::span<std::byte> octets);

/// `octets` unpredictable octets as lower-case hexadecimal, by `fill_random`.
[[nodiscard]] std::string random_hex(std::size_t octets);

}  // namespace holdback::io::system
