// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unicode: pure functions on ICU, which only this module's source includes. Postfix uses the same
// library, so we see a domain as it does.

#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// A domain name as Unicode's UTS 46 maps it (nontransitional processing). Capitals, other widths,
/// dots and compositions become those of the registered name, and non-ASCII labels become A-labels.
/// nullopt when there is no such name. `name` is well-formed UTF-8.
[[nodiscard]] std::optional<std::string> mapped_domain(std::string_view name);

/// The text in small letters and in Normalization Form C: one result for all ways to write it.
/// `text` is well-formed UTF-8.
[[nodiscard]] std::string lower_and_composed(std::string_view text);

}  // namespace holdback::mail
