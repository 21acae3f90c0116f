// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a suppression entry is about: a mailbox, a domain, a domain with all below it, or a pattern.

#include "core/result.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::terms {

/// The numbers are stored: none is ever used for something else.
enum class SubjectKind : std::uint8_t {
    Address = 0,  ///< "bo@example.net"
    Domain = 1,   ///< "example.net"
    Suffix = 2,   ///< ".example.net": the domain and all below it
    Pattern = 3,  ///< "*@*.example.net": a glob that fits whole addresses
};

inline constexpr std::array kAllSubjectKinds{
    SubjectKind::Address, SubjectKind::Domain, SubjectKind::Suffix, SubjectKind::Pattern};

[[nodiscard]] std::string_view wire_name(SubjectKind kind);
[[nodiscard]] std::optional<SubjectKind> parse_subject_kind(std::string_view name);

struct SuppressionSubject {
    SubjectKind kind = SubjectKind::Address;
    /// Canonical: `Address::key()`, `Domain::text()`, that with a dot in front, or a pattern in
    /// lower case.
    std::string text;

    auto operator<=>(const SuppressionSubject&) const = default;
};

/// Whether `*` and `?`, which mailboxes may have in their names, make a text a pattern.
enum class Patterns : std::uint8_t { No, Yes };

/// Longest pattern, in octets: longer ones are no subjects.
inline constexpr std::size_t kMostPatternOctets = 320;

/// A subject as people write it: an address, "example.net" or "@example.net", ".example.net", and
/// with `Patterns::Yes` anything with `*` or `?` outside of quotes: a mailbox that has one of these
/// in its name is then written "a*b"@example.net, with the quotes.
[[nodiscard]] core::Result<SuppressionSubject, mail::SyntaxError> parse_subject(
    std::string_view text, Patterns patterns);

/// True when the pattern fits the whole address: `*` stands for any octets, also none, `?` for one.
/// `key` is `Address::key()`, so that letter case makes no difference. Takes at most the product of
/// both lengths in steps, whatever the pattern.
[[nodiscard]] bool pattern_fits(std::string_view pattern, std::string_view key);

/// True when the entry's subject covers the mailbox.
[[nodiscard]] bool covers(const SuppressionSubject& subject, const mail::Address& address);

}  // namespace holdback::terms
