// SPDX-License-Identifier: Apache-2.0
#pragma once
// The domain part of an address: a canonical A-label name, or an address literal.

#include "core/result.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// A domain name in canonical form (A-labels, lower case, no trailing dot; RFC 5321 section 2.3.5,
/// RFC 5890) or an address literal (RFC 5321 section 4.1.3). Two spellings of one domain are equal.
class Domain {
public:
    /// Parses an RFC 5321 Domain or address-literal. Non-ASCII labels (U-labels, IDNA 2008) are
    /// malformed unless `utf8` allows them; a name that only UTS 46 turns into such labels
    /// (capitals, other compositions, symbols) is unusual. The letters, digits and hyphens rule is
    /// checked here.
    [[nodiscard]] static core::Result<Parsed<Domain>, SyntaxError> parse(std::string_view text,
                                                                         Smtputf8 utf8);

    /// A name that is already known to be canonical (from our store, from DNS); nullopt when it is
    /// not a name of LDH labels and underscores.
    [[nodiscard]] static std::optional<Domain> from_canonical(std::string_view text);

    [[nodiscard]] bool is_literal() const { return literal_; }
    /// The address of a literal; nullopt for names. There are no other literals: of the tags that a
    /// General-address-literal may have, IPv6 is the only one registered.
    [[nodiscard]] const std::optional<IpAddress>& literal_address() const { return address_; }
    /// "example.net", "xn--bcher-kva.example", "[192.0.2.1]", "[IPv6:2001:db8::1]".
    [[nodiscard]] const std::string& text() const { return text_; }
    /// True for the domain itself and for names below it, without regard to ASCII case; always
    /// false for literals.
    [[nodiscard]] bool is_under(std::string_view parent) const;
    /// True when the last label has digits only, as in an IPv4 address without brackets. The
    /// grammar allows it, but there is no such top-level domain (RFC 3696 section 2).
    [[nodiscard]] bool has_numeric_top_label() const;

    auto operator<=>(const Domain&) const = default;

private:
    [[nodiscard]] static core::Result<Parsed<Domain>, SyntaxError> parse_name(
        std::string_view text);
    /// A name with a label that is no U-label: what MTAs make of it, which map it first.
    [[nodiscard]] static core::Result<Parsed<Domain>, SyntaxError> parse_mapped(
        std::string_view text);

    Domain(std::string text, bool literal, std::optional<IpAddress> address)
        : text_(std::move(text)), literal_(literal), address_(address) {}

    std::string text_;
    bool literal_;
    std::optional<IpAddress> address_;
};

/// The canonical name of a domain, or the canonical literal, as `Domain::text` gives it.
[[nodiscard]] core::Result<std::string, SyntaxError> canonical_domain(std::string_view text);

}  // namespace holdback::mail
