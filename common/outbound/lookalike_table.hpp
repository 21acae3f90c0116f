// SPDX-License-Identifier: Apache-2.0
#pragma once
// The domains of mailbox providers that people mean, and how they often misspell them.

#include <span>
#include <string_view>

namespace holdback::outbound {

/// A common misspelling, and the domain that was meant.
struct Misspelling {
    std::string_view wrong;
    std::string_view meant;
};

/// Domains of mailbox providers, in lower case, those with the most users first.
[[nodiscard]] std::span<const std::string_view> provider_domains();

/// Names of providers that have a domain in many countries ("yahoo" in "yahoo.fr").
[[nodiscard]] std::span<const std::string_view> international_names();

/// Names that stand for one provider alone, under whatever ending ("gmail").
[[nodiscard]] std::span<const std::string_view> distinct_names();

/// Misspellings that are so common that they are taken for what they are though the domain may
/// exist: somebody has registered most of them to wait for mail that is not for him.
[[nodiscard]] std::span<const Misspelling> common_misspellings();

/// What people type for ".com" and what is no top-level domain.
[[nodiscard]] std::span<const std::string_view> broken_com_endings();
/// The same for ".net".
[[nodiscard]] std::span<const std::string_view> broken_net_endings();

}  // namespace holdback::outbound
