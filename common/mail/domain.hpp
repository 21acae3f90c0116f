// SPDX-License-Identifier: Apache-2.0
#pragma once
// The domain part of an address: a canonical A-label name, or an address literal.

#include "core/result.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// A domain name in canonical form (A-labels, lower case, no trailing dot; RFC 5321 section 2.3.5,
/// RFC 5890) or an address literal (RFC 5321 section 4.1.3). Two spellings of one domain are equal.
class Domain {
public:
    /// Parses an RFC 5321 Domain or address-literal. Non-ASCII labels (U-labels, IDNA 2008) are
    /// malformed unless `utf8` allows them. A name is unusual when only UTS 46 turns it into such
    /// labels (capitals, other compositions, symbols). The rule of letters, digits and hyphens is
    /// checked here.
    [[nodiscard]] static core::Result<Parsed<Domain>, SyntaxError> parse(std::string_view text,
                                                                         Smtputf8 utf8);

    /// Takes a name that is already canonical (from our store, from DNS); nullopt when it is not a
    /// name of LDH labels and underscores.
    [[nodiscard]] static std::optional<Domain> from_canonical(std::string_view text);

    [[nodiscard]] bool is_literal() const { return literal_; }
    /// The address of a literal; nullopt for names. There are no other literals: IPv6 is the only
    /// tag that is registered for a General-address-literal.
    [[nodiscard]] const std::optional<IpAddress>& literal_address() const { return address_; }
    /// "example.net", "xn--bcher-kva.example", "[192.0.2.1]", "[IPv6:2001:db8::1]".
    [[nodiscard]] const std::string& text() const { return text_; }
    /// True for the domain itself and for names below it, in any ASCII letter case; always false
    /// for literals.
    [[nodiscard]] bool is_under(std::string_view parent) const;
    /// True when the last label has digits only, as in an IPv4 address without brackets. The
    /// grammar allows it, but no such top-level domain exists (RFC 3696 section 2).
    [[nodiscard]] bool has_numeric_top_label() const;

    auto operator<=>(const Domain&) const = default;

private:
    [[nodiscard]] static core::Result<Parsed<Domain>, SyntaxError> parse_name(
        std::string_view text);
    /// Parses a name with a label that is not a U-label as MTAs do: they map the name first.
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
