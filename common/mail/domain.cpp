// SPDX-License-Identifier: Apache-2.0
#include "mail/domain.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/idna.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "mail/unicode_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::mail {

namespace {

constexpr std::size_t kMostLabelOctets = 63;  // RFC 1035 section 2.3.4
// RFC 5321 section 4.5.3.1.2 allows 255, but counts the octets of the name in DNS, where it takes
// two more than in text.
constexpr std::size_t kMostDomainOctets = 253;
constexpr std::string_view kIpv6Tag = "IPv6:";

/// Letters, digits and hyphen, and the underscore, which names in use have.
bool is_label_character(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '-' || c == '_';
}

void note(Parsed<Domain>& parsed, Oddity oddity) {
    if (std::ranges::find(parsed.oddities, oddity) == parsed.oddities.end()) {
        parsed.oddities.push_back(oddity);
    }
}

/// Snum (RFC 5321 section 4.1.3): one to three digits, decimal even with leading zeros.
std::optional<std::uint8_t> parse_snum(std::string_view text) {
    const auto number = core::parse_decimal(text);
    if (text.size() > 3 || !number.has_value() || *number > 0xFF) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(*number);
}

/// IPv4-address-literal.
std::optional<IpAddress> parse_ipv4_literal(std::string_view text) {
    const auto pieces = core::split(text, '.');
    std::array<std::uint8_t, 4> octets{};
    if (pieces.size() != octets.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const auto octet = parse_snum(pieces[i]);
        if (!octet.has_value()) {
            return std::nullopt;
        }
        octets.at(i) = *octet;
    }
    return IpAddress::from_v4(octets);
}

/// IPv6-addr: as RFC 4291, but "::" stands for at least two groups, and a dotted quad is four Snum.
std::optional<IpAddress> parse_ipv6_literal(std::string_view text) {
    constexpr std::size_t kMostGroupsBesideGap = 6;
    std::string plain(text);
    const auto pieces = core::split(text, ':');
    auto groups = pieces.size() - static_cast<std::size_t>(std::ranges::count(pieces, ""));
    const std::size_t last = text.rfind(':') + 1;  // 0 when there is no colon
    if (text.substr(last).contains('.')) {
        const auto quad = parse_ipv4_literal(text.substr(last));
        if (!quad.has_value()) {
            return std::nullopt;
        }
        plain.erase(last);
        plain += quad->text();
        ++groups;
    }
    if (!text.contains(':') || (text.contains("::") && groups > kMostGroupsBesideGap)) {
        return std::nullopt;
    }
    return IpAddress::parse(plain);
}

/// The content of an address-literal, without the brackets. A General-address-literal needs a
/// registered tag, and IPv6 is the only one.
std::optional<IpAddress> parse_literal(std::string_view text) {
    if (core::starts_with_ignoring_case(text, kIpv6Tag)) {
        return parse_ipv6_literal(text.substr(kIpv6Tag.size()));
    }
    return parse_ipv4_literal(text);
}

std::string literal_text(const IpAddress& address) {
    return address.is_v4() ? "[" + address.text() + "]" : "[IPv6:" + address.text() + "]";
}

/// One label in canonical form, or its error.
core::Result<std::string, SyntaxError> canonical_label(std::string_view label) {
    if (label.empty()) {
        return std::unexpected(SyntaxError::EmptyLabel);
    }
    if (!std::ranges::all_of(
            label, [](char c) { return is_label_character(c) || core::is_non_ascii(c); })) {
        return std::unexpected(SyntaxError::DomainBadCharacter);
    }
    if (label.starts_with('-') || label.ends_with('-')) {
        return std::unexpected(SyntaxError::LabelHyphen);
    }
    if (!core::has_non_ascii(label)) {
        return core::to_lower(label);
    }
    auto a_label = to_a_label(label);
    if (!a_label.has_value()) {
        return std::unexpected(SyntaxError::BadIdn);
    }
    return *std::move(a_label);
}

bool is_canonical_label(std::string_view label) {
    return !label.empty() && !label.starts_with('-') && !label.ends_with('-') &&
           std::ranges::all_of(
               label, [](char c) { return is_label_character(c) && core::ascii_lower(c) == c; });
}

}  // namespace

core::Result<Parsed<Domain>, SyntaxError> Domain::parse(std::string_view text, Smtputf8 utf8) {
    if (text.empty()) {
        return std::unexpected(SyntaxError::DomainEmpty);
    }
    if (core::has_non_ascii(text)) {
        if (utf8 == Smtputf8::No) {
            return std::unexpected(SyntaxError::NonAsciiWithoutSmtputf8);
        }
        if (!core::is_utf8(text)) {
            return std::unexpected(SyntaxError::BadUtf8);
        }
    }
    if (!text.starts_with('[')) {
        return parse_name(text);
    }
    if (!text.ends_with(']')) {
        return std::unexpected(SyntaxError::BadLiteral);
    }
    const auto address = parse_literal(text.substr(1, text.size() - 2));
    if (!address.has_value()) {
        return std::unexpected(SyntaxError::BadLiteral);
    }
    return Parsed<Domain>{.value = Domain(literal_text(*address), true, address), .oddities = {}};
}

// NOLINTNEXTLINE(misc-no-recursion): what has been mapped is ASCII, and not mapped again
core::Result<Parsed<Domain>, SyntaxError> Domain::parse_name(std::string_view text) {
    Parsed<Domain> parsed{.value = Domain({}, false, std::nullopt), .oddities = {}};
    std::vector<std::string_view> labels = core::split(text, '.');
    if (labels.size() > 1 && labels.back().empty()) {
        labels.pop_back();
        note(parsed, Oddity::TrailingDot);
    }
    std::string& name = parsed.value.text_;
    for (const std::string_view label : labels) {
        const auto canonical = canonical_label(label);
        if (!canonical.has_value() && canonical.error() == SyntaxError::BadIdn) {
            return parse_mapped(text);
        }
        if (!canonical.has_value()) {
            return std::unexpected(canonical.error());
        }
        if (canonical->contains('_')) {
            note(parsed, Oddity::Underscore);
        }
        if (canonical->size() > kMostLabelOctets) {
            note(parsed, Oddity::LabelTooLong);
        }
        if (!name.empty()) {
            name += '.';
        }
        name += *canonical;
    }
    if (name.size() > kMostDomainOctets) {
        note(parsed, Oddity::DomainTooLong);
    }
    return parsed;
}

// NOLINTNEXTLINE(misc-no-recursion): what has been mapped is ASCII, and not mapped again
core::Result<Parsed<Domain>, SyntaxError> Domain::parse_mapped(std::string_view text) {
    const auto mapped = mapped_domain(text);
    if (!mapped.has_value() || core::has_non_ascii(*mapped)) {
        return std::unexpected(SyntaxError::BadIdn);
    }
    auto parsed = parse_name(*mapped);
    if (parsed.has_value()) {
        note(*parsed, Oddity::MappedIdn);
    }
    return parsed;
}

std::optional<Domain> Domain::from_canonical(std::string_view text) {
    if (!std::ranges::all_of(core::split(text, '.'), is_canonical_label)) {
        return std::nullopt;
    }
    return Domain(std::string(text), false, std::nullopt);
}

bool Domain::has_numeric_top_label() const {
    const std::string_view name = text_;
    const std::string_view top = name.substr(name.rfind('.') + 1);
    return !literal_ && !top.empty() && std::ranges::all_of(top, core::is_ascii_digit);
}

bool Domain::is_under(std::string_view parent) const {
    if (literal_ || parent.empty() || text_.size() < parent.size()) {
        return false;
    }
    const std::size_t start = text_.size() - parent.size();
    return core::equals_ignoring_case(std::string_view(text_).substr(start), parent) &&
           (start == 0 || text_[start - 1] == '.');
}

core::Result<std::string, SyntaxError> canonical_domain(std::string_view text) {
    const auto domain = Domain::parse(text, Smtputf8::Yes);
    if (!domain.has_value()) {
        return std::unexpected(domain.error());
    }
    return domain->value.text();
}

}  // namespace holdback::mail
