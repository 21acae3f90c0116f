// SPDX-License-Identifier: Apache-2.0
#pragma once
// The results of the parsers of `mail/address` and `mail/domain`.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/container/static_vector.hpp>

namespace holdback::mail {

/// Whether the client declared SMTPUTF8 (RFC 6531 section 3.4), so that non-ASCII is allowed.
enum class Smtputf8 : std::uint8_t { No, Yes };

/// The reason why a text is not a Mailbox: it violates the ABNF of RFC 5321 or 6531.
enum class SyntaxError : std::uint8_t {
    Empty,
    NoAt,
    LocalEmpty,
    LocalBadCharacter,
    QuoteUnclosed,
    QuotedPairBad,
    TextAfterQuote,
    DomainEmpty,
    EmptyLabel,
    LabelHyphen,
    DomainBadCharacter,
    BadLiteral,
    NonAsciiWithoutSmtputf8,
    BadUtf8,
    BadIdn,
    BadPath,
};

/// Violations of the grammar that are in daily use and get delivered.
enum class Oddity : std::uint8_t {
    LocalTooLong,   ///< over 64 octets (RFC 5321 section 4.5.3.1.1)
    LabelTooLong,   ///< over 63 octets (RFC 1035 section 2.3.4)
    DomainTooLong,  ///< over 253 octets in A-labels: more than DNS can carry (RFC 1035 2.3.4)
    PathTooLong,    ///< over 254 octets between the angle brackets (section 4.5.3.1.3)
    StrayDot,       ///< local part begins or ends with a dot, or has two in a row
    TrailingDot,    ///< domain ends with a dot
    Underscore,     ///< a label has an underscore
    MappedIdn,      ///< a domain that is not U-labels as it stands, but is mapped to some (UTS 46)
};
inline constexpr std::size_t kOddities = 8;

/// kebab-case wire name: "local-bad-character", "stray-dot".
[[nodiscard]] std::string_view wire_name(SyntaxError error);
[[nodiscard]] std::string_view wire_name(Oddity oddity);
/// One clause in plain words for a reply text: "the local part is empty".
[[nodiscard]] std::string_view plain_words(SyntaxError error);
[[nodiscard]] std::string_view plain_words(Oddity oddity);

/// A parsed value. It is valid when `oddities` is empty, else unusual; each oddity stands once.
/// Malformed texts give a `SyntaxError` instead.
template <typename T>
struct Parsed {
    T value;
    boost::container::static_vector<Oddity, kOddities> oddities;

    [[nodiscard]] bool is_unusual() const { return !oddities.empty(); }
};

}  // namespace holdback::mail
