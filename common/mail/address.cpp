// SPDX-License-Identifier: Apache-2.0
#include "mail/address.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"
#include "mail/unicode_text.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::mail {

namespace {

constexpr std::size_t kMostLocalOctets = 64;  // RFC 5321 section 4.5.3.1.1
constexpr std::size_t kMostPathOctets = 254;  // section 4.5.3.1.3, less the angle brackets

/// atext (RFC 5322 section 3.2.3; RFC 6531 section 3.3).
bool is_atext(char c) {
    constexpr std::string_view kSpecials = "!#$%&'*+-/=?^_`{|}~";
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || core::is_non_ascii(c) ||
           kSpecials.contains(c);
}

bool has_stray_dot(std::string_view text) {
    return text.starts_with('.') || text.ends_with('.') || text.contains("..");
}

bool is_dot_string(std::string_view text) {
    return !text.empty() && !has_stray_dot(text) &&
           std::ranges::all_of(text, [](char c) { return c == '.' || is_atext(c); });
}

/// A local part in canonical form, and the number of octets of its original spelling.
struct LocalPart {
    std::string text;
    std::size_t octets;
};

using LocalPartResult = core::Result<LocalPart, SyntaxError>;

LocalPartResult parse_dot_string(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) {
        return std::unexpected(SyntaxError::NoAt);
    }
    const std::string_view local = text.substr(0, at);
    if (local.empty()) {
        return std::unexpected(SyntaxError::LocalEmpty);
    }
    if (!std::ranges::all_of(local, [](char c) { return c == '.' || is_atext(c); })) {
        return std::unexpected(SyntaxError::LocalBadCharacter);
    }
    return LocalPart{.text = std::string(local), .octets = at};
}

/// The shortest spelling of a quoted string's content. The quotes and the backslashes are not part
/// of the name (RFC 5321 section 4.1.2).
std::string shortest_spelling(std::string_view content) {
    if (is_dot_string(content)) {
        return std::string(content);
    }
    std::string quoted = "\"";
    for (const char c : content) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

/// Quoted-string (RFC 5321 section 4.1.2). `text` begins with the quotation mark.
LocalPartResult parse_quoted_string(std::string_view text) {
    const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
    std::string content;
    std::size_t at = 1;
    while (at < text.size() && text[at] != '"') {
        if (text[at] == '\\') {
            ++at;
            if (at == text.size()) {
                return std::unexpected(SyntaxError::QuoteUnclosed);
            }
            if (!is_printable(text[at])) {
                return std::unexpected(SyntaxError::QuotedPairBad);
            }
        } else if (!is_printable(text[at]) && !core::is_non_ascii(text[at])) {
            return std::unexpected(SyntaxError::LocalBadCharacter);
        }
        content += text[at];
        ++at;
    }
    if (at >= text.size()) {
        return std::unexpected(SyntaxError::QuoteUnclosed);
    }
    ++at;
    if (at == text.size()) {
        return std::unexpected(SyntaxError::NoAt);
    }
    if (text[at] != '@') {
        return std::unexpected(SyntaxError::TextAfterQuote);
    }
    return LocalPart{.text = shortest_spelling(content), .octets = at};
}

/// The position of the first of `characters` outside of a quoted string.
std::size_t find_unquoted(std::string_view text, std::string_view characters) {
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted && c == '\\') {
            ++at;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && characters.contains(c)) {
            return at;
        }
    }
    return std::string_view::npos;
}

/// The path after a source route (RFC 5321 section 4.1.2, A-d-l); nullopt when the route is broken.
/// Nobody routes by it any more: its domains are only held to the grammar.
std::optional<std::string_view> without_route(std::string_view path) {
    const std::size_t colon = path.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto hops = core::split(path.substr(0, colon), ',');
    const bool good = std::ranges::all_of(hops, [](std::string_view hop) {
        return hop.starts_with('@') && Domain::parse(hop.substr(1), Smtputf8::Yes).has_value();
    });
    return good ? std::optional(path.substr(colon + 1)) : std::nullopt;
}

}  // namespace

core::Result<Parsed<Address>, SyntaxError> Address::parse(std::string_view text, Smtputf8 utf8) {
    if (text.empty()) {
        return std::unexpected(SyntaxError::Empty);
    }
    if (core::has_non_ascii(text)) {
        if (utf8 == Smtputf8::No) {
            return std::unexpected(SyntaxError::NonAsciiWithoutSmtputf8);
        }
        if (!core::is_utf8(text)) {
            return std::unexpected(SyntaxError::BadUtf8);
        }
    }
    auto local = text.starts_with('"') ? parse_quoted_string(text) : parse_dot_string(text);
    if (!local.has_value()) {
        return std::unexpected(local.error());
    }
    auto domain = Domain::parse(text.substr(local->octets + 1), utf8);
    if (!domain.has_value()) {
        return std::unexpected(domain.error());
    }
    Parsed<Address> parsed{
        .value = Address(std::move(local->text), std::move(domain->value)),
        .oddities = std::move(domain->oddities),
    };
    const std::string& canonical = parsed.value.local_part_;
    if (!canonical.starts_with('"') && has_stray_dot(canonical)) {
        parsed.oddities.push_back(Oddity::StrayDot);
    }
    if (local->octets > kMostLocalOctets) {
        parsed.oddities.push_back(Oddity::LocalTooLong);
    }
    if (text.size() > kMostPathOctets) {
        parsed.oddities.push_back(Oddity::PathTooLong);
    }
    return parsed;
}

std::string Address::text() const {
    return local_part_ + "@" + domain_.text();
}

std::string Address::key() const {
    std::string local = core::has_non_ascii(local_part_) ? lower_and_composed(local_part_)
                                                         : core::to_lower(local_part_);
    // Normalization makes a semicolon of the Greek question mark, and a plain local part has none.
    if (local.contains(';') && !local_part_.contains(';')) {
        local = core::to_lower(local_part_);
    }
    return local + "@" + domain_.text();
}

std::optional<Address> Address::without_tag(char delimiter) const {
    const std::size_t at = local_part_.find(delimiter);
    if (at == std::string::npos || at == 0 || local_part_.starts_with('"')) {
        return std::nullopt;
    }
    return Address(local_part_.substr(0, at), domain_);
}

core::Result<Path, SyntaxError> parse_path(std::string_view argument) {
    if (!argument.starts_with('<')) {
        if (find_unquoted(argument, "<>") != std::string_view::npos) {
            return std::unexpected(SyntaxError::BadPath);
        }
        return Path{.form = PathForm::Bare, .mailbox = std::string(argument)};
    }
    std::string_view inside = argument.substr(1);
    const std::size_t end = find_unquoted(inside, "<> ");
    if (end == std::string_view::npos || inside[end] != '>' || end + 1 != inside.size()) {
        return std::unexpected(SyntaxError::BadPath);
    }
    inside = inside.substr(0, end);
    if (inside.starts_with('@')) {
        const auto mailbox = without_route(inside);
        if (!mailbox.has_value()) {
            return std::unexpected(SyntaxError::BadPath);
        }
        inside = *mailbox;
    }
    return Path{.form = PathForm::Bracketed, .mailbox = std::string(inside)};
}

bool is_bare_postmaster(const Path& path) {
    return core::equals_ignoring_case(path.mailbox, "postmaster");
}

}  // namespace holdback::mail
