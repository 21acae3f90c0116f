// SPDX-License-Identifier: Apache-2.0
#pragma once
// The domains of mailbox providers, and common misspellings of them.

#include <span>
#include <string_view>

namespace holdback::outbound {

struct Misspelling {
    std::string_view wrong;
    std::string_view meant;
};

/// Domains of mailbox providers, in lower case, the one with the most users first.
[[nodiscard]] std::span<const std::string_view> provider_domains();

/// Names of providers that have a domain in many countries ("yahoo" in "yahoo.fr").
[[nodiscard]] std::span<const std::string_view> international_names();

/// Names that belong to one provider alone, with any ending ("gmail").
[[nodiscard]] std::span<const std::string_view> distinct_names();

/// Misspellings so common that they count even when the domain exists: most of them are registered
/// to collect mail meant for others.
[[nodiscard]] std::span<const Misspelling> common_misspellings();

/// Mistyped forms of ".com" that are not top-level domains.
[[nodiscard]] std::span<const std::string_view> broken_com_endings();
/// The same for ".net".
[[nodiscard]] std::span<const std::string_view> broken_net_endings();

}  // namespace holdback::outbound
