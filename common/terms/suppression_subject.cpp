// SPDX-License-Identifier: Apache-2.0
#include "terms/suppression_subject.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "core/wire_names.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::terms {

namespace {

constexpr std::string_view kWildcards = "*?";

/// The domain part of a pattern. Whole labels that are U-labels become A-labels, as addresses have
/// them; a label with a wildcard must be ASCII.
core::Result<std::string, mail::SyntaxError> pattern_domain(std::string_view text) {
    std::string out;
    for (const std::string_view label : core::split(text, '.')) {
        out += out.empty() ? "" : ".";
        if (!core::has_non_ascii(label)) {
            out += core::to_lower(label);
            continue;
        }
        const auto canonical = mail::canonical_domain(label);
        if (!canonical.has_value()) {
            return canonical;
        }
        out += *canonical;
    }
    return out;
}

bool may_stand_in_pattern(char c) {
    return !core::is_ascii_space(c) && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
}

core::Result<SuppressionSubject, mail::SyntaxError> parse_pattern(std::string_view text) {
    if (text.size() > kMostPatternOctets || !std::ranges::all_of(text, may_stand_in_pattern)) {
        return std::unexpected(mail::SyntaxError::LocalBadCharacter);
    }
    if (!core::is_utf8(text)) {
        return std::unexpected(mail::SyntaxError::BadUtf8);
    }
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos) {
        return std::unexpected(mail::SyntaxError::NoAt);
    }
    const auto domain = pattern_domain(text.substr(at + 1));
    if (!domain.has_value()) {
        return std::unexpected(domain.error());
    }
    return SuppressionSubject{.kind = SubjectKind::Pattern,
                              .text = core::to_lower(text.substr(0, at + 1)) + *domain};
}

}  // namespace

std::string_view wire_name(SubjectKind kind) {
    switch (kind) {
        case SubjectKind::Address:
            return "address";
        case SubjectKind::Domain:
            return "domain";
        case SubjectKind::Suffix:
            return "suffix";
        case SubjectKind::Pattern:
            return "pattern";
    }
    std::unreachable();
}

std::optional<SubjectKind> parse_subject_kind(std::string_view name) {
    return core::find_wire_name(kAllSubjectKinds, name);
}

core::Result<SuppressionSubject, mail::SyntaxError> parse_subject(std::string_view text,
                                                                  Patterns patterns) {
    const bool has_wildcard = text.find_first_of(kWildcards) != std::string_view::npos;
    if (patterns == Patterns::Yes && has_wildcard && !text.starts_with('"')) {
        return parse_pattern(text);
    }
    if (text.contains('@') && !text.starts_with('@')) {
        const auto address = mail::Address::parse(text, mail::Smtputf8::Yes);
        if (!address.has_value()) {
            return std::unexpected(address.error());
        }
        return SuppressionSubject{.kind = SubjectKind::Address, .text = address->value.key()};
    }
    const bool is_suffix = text.starts_with('.');
    auto domain = mail::canonical_domain(text.substr(is_suffix || text.starts_with('@') ? 1 : 0));
    if (!domain.has_value()) {
        return std::unexpected(domain.error());
    }
    if (is_suffix) {
        return SuppressionSubject{.kind = SubjectKind::Suffix, .text = "." + *domain};
    }
    return SuppressionSubject{.kind = SubjectKind::Domain, .text = *std::move(domain)};
}

bool pattern_fits(std::string_view pattern, std::string_view key) {
    std::size_t p = 0;
    std::size_t k = 0;
    // The place to go on when an octet does not fit: the last star takes one octet more. Earlier
    // stars need no second try, since the text between them was found as early as possible.
    std::optional<std::size_t> star;
    std::size_t taken = 0;
    while (k < key.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = k;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == key[k])) {
            ++p;
            ++k;
        } else if (star.has_value()) {
            p = *star + 1;
            k = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool covers(const SuppressionSubject& subject, const mail::Address& address) {
    switch (subject.kind) {
        case SubjectKind::Address:
            return address.key() == subject.text;
        case SubjectKind::Domain:
            return address.domain().text() == subject.text;
        case SubjectKind::Suffix:
            return subject.text.starts_with('.') &&
                   address.domain().is_under(std::string_view(subject.text).substr(1));
        case SubjectKind::Pattern:
            return pattern_fits(subject.text, address.key());
    }
    std::unreachable();
}

}  // namespace holdback::terms
