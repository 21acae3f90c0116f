// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

template <typename Enum, std::size_t Count>
using Names = std::array<std::pair<Enum, std::string_view>, Count>;

/// Each name is spelled so, and leads back to its enumerator.
template <typename Enum, std::size_t Count>
void check_there_and_back(const Names<Enum, Count>& names,
                          std::optional<Enum> (*parse)(std::string_view)) {
    for (const auto& [value, name] : names) {
        CAPTURE(name);
        CHECK(wire_name(value) == name);
        CHECK(parse(name) == value);
    }
    CHECK(parse("") == std::nullopt);
    CHECK(parse("no-such-name") == std::nullopt);
}

template <typename Enum, std::size_t Count>
void check_there(const Names<Enum, Count>& names) {
    for (const auto& [value, name] : names) {
        CAPTURE(name);
        CHECK(wire_name(value) == name);
    }
}

}  // namespace

TEST_CASE("finding names go to the wire and back") {
    constexpr Names<terms::FindingName, terms::kAllFindings.size()> kNames{{
        {terms::FindingName::MalformedAddress, "malformed-address"},
        {terms::FindingName::UnusualAddress, "unusual-address"},
        {terms::FindingName::NoSuchDomain, "no-such-domain"},
        {terms::FindingName::NoMailHost, "no-mail-host"},
        {terms::FindingName::NullMx, "null-mx"},
        {terms::FindingName::ReservedDomain, "reserved-domain"},
        {terms::FindingName::UnusableMx, "unusable-mx"},
        {terms::FindingName::MisspelledDomain, "misspelled-domain"},
        {terms::FindingName::SuppressedBounce, "suppressed-bounce"},
        {terms::FindingName::SuppressedComplaint, "suppressed-complaint"},
        {terms::FindingName::SuppressedUnsubscribe, "suppressed-unsubscribe"},
        {terms::FindingName::SuppressedManual, "suppressed-manual"},
        {terms::FindingName::BlockedByAdmin, "blocked-by-admin"},
        {terms::FindingName::AlreadySent, "already-sent"},
        {terms::FindingName::CampaignStopped, "campaign-stopped"},
        {terms::FindingName::RoleAddress, "role-address"},
        {terms::FindingName::DisposableDomain, "disposable-domain"},
        {terms::FindingName::MissingUnsubscribe, "missing-unsubscribe"},
        {terms::FindingName::ForeignFrom, "foreign-from"},
        {terms::FindingName::UnalignedFrom, "unaligned-from"},
        {terms::FindingName::MissingSignature, "missing-signature"},
        {terms::FindingName::MissingPlainText, "missing-plain-text"},
        {terms::FindingName::UnusableReplyTo, "unusable-reply-to"},
        {terms::FindingName::UnresolvedDomain, "unresolved-domain"},
        {terms::FindingName::OverLimit, "over-limit"},
    }};
    check_there_and_back(kNames, &terms::parse_finding_name);
    CHECK(terms::parse_finding_name("Null-MX") == std::nullopt);
}

TEST_CASE("the list of all findings is in the order of their numbers") {
    for (std::size_t i = 0; i < terms::kAllFindings.size(); ++i) {
        CHECK(static_cast<std::size_t>(terms::kAllFindings.at(i)) == i);
    }
}

TEST_CASE("suppression names go to the wire and back") {
    check_there_and_back(Names<terms::SubjectKind, 4>{{
                             {terms::SubjectKind::Address, "address"},
                             {terms::SubjectKind::Domain, "domain"},
                             {terms::SubjectKind::Suffix, "suffix"},
                             {terms::SubjectKind::Pattern, "pattern"},
                         }},
                         &terms::parse_subject_kind);
    check_there_and_back(Names<terms::SuppressionReason, 5>{{
                             {terms::SuppressionReason::Bounce, "bounce"},
                             {terms::SuppressionReason::Complaint, "complaint"},
                             {terms::SuppressionReason::Unsubscribe, "unsubscribe"},
                             {terms::SuppressionReason::Manual, "manual"},
                             {terms::SuppressionReason::Allow, "allow"},
                         }},
                         &terms::parse_suppression_reason);
    check_there_and_back(Names<terms::SuppressionSource, 3>{{
                             {terms::SuppressionSource::Learned, "learned"},
                             {terms::SuppressionSource::Admin, "admin"},
                             {terms::SuppressionSource::Import, "import"},
                         }},
                         &terms::parse_suppression_source);
    check_there_and_back(Names<terms::Proof, 3>{{
                             {terms::Proof::Local, "local"},
                             {terms::Proof::Sealed, "sealed"},
                             {terms::Proof::Unproven, "unproven"},
                         }},
                         &terms::parse_proof);
}

TEST_CASE("states and kinds of held mail go to the wire and back") {
    check_there_and_back(Names<terms::HeldState, 5>{{
                             {terms::HeldState::Held, "held"},
                             {terms::HeldState::Releasing, "releasing"},
                             {terms::HeldState::Released, "released"},
                             {terms::HeldState::Returned, "returned"},
                             {terms::HeldState::Discarded, "discarded"},
                         }},
                         &terms::parse_held_state);
    check_there_and_back(
        Names<terms::HeldKind, 2>{{{terms::HeldKind::Mail, "mail"}, {terms::HeldKind::Own, "own"}}},
        &terms::parse_held_kind);
}

TEST_CASE("names that are only written are spelled so") {
    check_there(Names<terms::Certainty, 4>{{
        {terms::Certainty::None, "none"},
        {terms::Certainty::Hint, "hint"},
        {terms::Certainty::Likely, "likely"},
        {terms::Certainty::Certain, "certain"},
    }});
    check_there(Names<Direction, 3>{{
        {Direction::OwnBounce, "own-bounce"},
        {Direction::Outgoing, "outgoing"},
        {Direction::Inbound, "inbound"},
    }});
    check_there(Names<Oddity, kOddities>{{
        {Oddity::LocalTooLong, "local-too-long"},
        {Oddity::LabelTooLong, "label-too-long"},
        {Oddity::DomainTooLong, "domain-too-long"},
        {Oddity::PathTooLong, "path-too-long"},
        {Oddity::StrayDot, "stray-dot"},
        {Oddity::TrailingDot, "trailing-dot"},
        {Oddity::Underscore, "underscore"},
        {Oddity::MappedIdn, "mapped-idn"},
    }});
    check_there(Names<SyntaxError, 16>{{
        {SyntaxError::Empty, "empty"},
        {SyntaxError::NoAt, "no-at"},
        {SyntaxError::LocalEmpty, "local-empty"},
        {SyntaxError::LocalBadCharacter, "local-bad-character"},
        {SyntaxError::QuoteUnclosed, "quote-unclosed"},
        {SyntaxError::QuotedPairBad, "quoted-pair-bad"},
        {SyntaxError::TextAfterQuote, "text-after-quote"},
        {SyntaxError::DomainEmpty, "domain-empty"},
        {SyntaxError::EmptyLabel, "empty-label"},
        {SyntaxError::LabelHyphen, "label-hyphen"},
        {SyntaxError::DomainBadCharacter, "domain-bad-character"},
        {SyntaxError::BadLiteral, "bad-literal"},
        {SyntaxError::NonAsciiWithoutSmtputf8, "non-ascii-without-smtputf8"},
        {SyntaxError::BadUtf8, "bad-utf8"},
        {SyntaxError::BadIdn, "bad-idn"},
        {SyntaxError::BadPath, "bad-path"},
    }});
}

TEST_CASE("every syntax error and oddity has a clause for a reply text") {
    CHECK(plain_words(SyntaxError::NoAt) == "the address has no @");
    CHECK(plain_words(Oddity::TrailingDot) == "the domain ends with a dot");
    for (int i = 0; i <= static_cast<int>(SyntaxError::BadPath); ++i) {
        CHECK(plain_words(static_cast<SyntaxError>(i)).size() > 10);
    }
    for (int i = 0; i <= static_cast<int>(Oddity::MappedIdn); ++i) {
        CHECK(plain_words(static_cast<Oddity>(i)).size() > 10);
    }
}

}  // namespace holdback::mail
