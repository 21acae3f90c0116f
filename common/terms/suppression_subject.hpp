// SPDX-License-Identifier: Apache-2.0
#pragma once
// The subject of a suppression entry: a mailbox, a domain, a domain with all below it, or a
// pattern.

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

/// The numbers are stored: never reuse one for something else.
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
    /// Canonical: `Address::key()`, `Domain::text()`, the latter with a dot in front, or a pattern
    /// in lower case.
    std::string text;

    auto operator<=>(const SuppressionSubject&) const = default;
};

/// Whether `*` and `?` make a text a pattern. Mailboxes may have them in their names.
enum class Patterns : std::uint8_t { No, Yes };

/// Longest pattern, in octets: a longer one is not a subject.
inline constexpr std::size_t kMostPatternOctets = 320;

/// Reads a subject as people write it: an address, "example.net", "@example.net" or ".example.net".
/// With `Patterns::Yes`, a text with `*` or `?` outside of quotes is a pattern; write a mailbox
/// with one of these in its name with quotes, "a*b"@example.net.
[[nodiscard]] core::Result<SuppressionSubject, mail::SyntaxError> parse_subject(
    std::string_view text, Patterns patterns);

/// True when the pattern fits the whole address: `*` stands for any number of octets, `?` for one.
/// `key` is `Address::key()`, so letter case makes no difference. The number of steps is at most
/// the product of both lengths, for any pattern.
[[nodiscard]] bool pattern_fits(std::string_view pattern, std::string_view key);

/// True when the entry's subject covers the mailbox.
[[nodiscard]] bool covers(const SuppressionSubject& subject, const mail::Address& address);

}  // namespace holdback::terms
