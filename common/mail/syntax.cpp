// SPDX-License-Identifier: Apache-2.0
#include "mail/syntax.hpp"

#include <string_view>
#include <utility>

namespace holdback::mail {

std::string_view wire_name(SyntaxError error) {
    switch (error) {
        case SyntaxError::Empty:
            return "empty";
        case SyntaxError::NoAt:
            return "no-at";
        case SyntaxError::LocalEmpty:
            return "local-empty";
        case SyntaxError::LocalBadCharacter:
            return "local-bad-character";
        case SyntaxError::QuoteUnclosed:
            return "quote-unclosed";
        case SyntaxError::QuotedPairBad:
            return "quoted-pair-bad";
        case SyntaxError::TextAfterQuote:
            return "text-after-quote";
        case SyntaxError::DomainEmpty:
            return "domain-empty";
        case SyntaxError::EmptyLabel:
            return "empty-label";
        case SyntaxError::LabelHyphen:
            return "label-hyphen";
        case SyntaxError::DomainBadCharacter:
            return "domain-bad-character";
        case SyntaxError::BadLiteral:
            return "bad-literal";
        case SyntaxError::NonAsciiWithoutSmtputf8:
            return "non-ascii-without-smtputf8";
        case SyntaxError::BadUtf8:
            return "bad-utf8";
        case SyntaxError::BadIdn:
            return "bad-idn";
        case SyntaxError::BadPath:
            return "bad-path";
    }
    std::unreachable();
}

std::string_view wire_name(Oddity oddity) {
    switch (oddity) {
        case Oddity::LocalTooLong:
            return "local-too-long";
        case Oddity::LabelTooLong:
            return "label-too-long";
        case Oddity::DomainTooLong:
            return "domain-too-long";
        case Oddity::PathTooLong:
            return "path-too-long";
        case Oddity::StrayDot:
            return "stray-dot";
        case Oddity::TrailingDot:
            return "trailing-dot";
        case Oddity::Underscore:
            return "underscore";
        case Oddity::MappedIdn:
            return "mapped-idn";
    }
    std::unreachable();
}

std::string_view plain_words(SyntaxError error) {
    switch (error) {
        case SyntaxError::Empty:
            return "the address is empty";
        case SyntaxError::NoAt:
            return "the address has no @";
        case SyntaxError::LocalEmpty:
            return "nothing stands before the @";
        case SyntaxError::LocalBadCharacter:
            return "the part before the @ has a character that is not allowed there";
        case SyntaxError::QuoteUnclosed:
            return "a quotation mark is not closed";
        case SyntaxError::QuotedPairBad:
            return "a backslash stands before a character that cannot be escaped";
        case SyntaxError::TextAfterQuote:
            return "text stands between the closing quotation mark and the @";
        case SyntaxError::DomainEmpty:
            return "nothing stands behind the @";
        case SyntaxError::EmptyLabel:
            return "the domain has a dot too many";
        case SyntaxError::LabelHyphen:
            return "a part of the domain begins or ends with a hyphen";
        case SyntaxError::DomainBadCharacter:
            return "the domain has a character that is not allowed there";
        case SyntaxError::BadLiteral:
            return "the address in square brackets is neither IPv4 nor IPv6";
        case SyntaxError::NonAsciiWithoutSmtputf8:
            return "the address is not plain ASCII, and SMTPUTF8 was not declared";
        case SyntaxError::BadUtf8:
            return "the address is not well-formed UTF-8";
        case SyntaxError::BadIdn:
            return "the domain is not a valid internationalized name";
        case SyntaxError::BadPath:
            return "the brackets around the address are not right";
    }
    std::unreachable();
}

std::string_view plain_words(Oddity oddity) {
    switch (oddity) {
        case Oddity::LocalTooLong:
            return "the part before the @ is longer than 64 octets";
        case Oddity::LabelTooLong:
            return "a part of the domain is longer than 63 octets";
        case Oddity::DomainTooLong:
            return "the domain is longer than 253 octets";
        case Oddity::PathTooLong:
            return "the address is longer than 254 octets";
        case Oddity::StrayDot:
            return "the part before the @ has a dot too many";
        case Oddity::TrailingDot:
            return "the domain ends with a dot";
        case Oddity::Underscore:
            return "the domain has an underscore";
        case Oddity::MappedIdn:
            return "the domain is not written as it is registered";
    }
    std::unreachable();
}

}  // namespace holdback::mail
