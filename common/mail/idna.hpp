// SPDX-License-Identifier: Apache-2.0
#pragma once
// Internationalized labels: pure functions on libidn2, which only this module's source includes.

#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// The A-label of a U-label (RFC 5891 section 5; IDNA 2008). Nothing is mapped. nullopt for a label
/// that is not in Normalization Form C, has upper case letters, has a character that IDNA 2008 does
/// not allow, or whose A-label is over 63 octets. `label` is well-formed UTF-8.
[[nodiscard]] std::optional<std::string> to_a_label(std::string_view label);

}  // namespace holdback::mail
