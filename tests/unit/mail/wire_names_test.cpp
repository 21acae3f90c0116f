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
    constexpr Names<FindingName, kAllFindings.size()> kNames{{
        {FindingName::MalformedAddress, "malformed-address"},
        {FindingName::UnusualAddress, "unusual-address"},
        {FindingName::NoSuchDomain, "no-such-domain"},
        {FindingName::NoMailHost, "no-mail-host"},
        {FindingName::NullMx, "null-mx"},
        {FindingName::ReservedDomain, "reserved-domain"},
        {FindingName::UnusableMx, "unusable-mx"},
        {FindingName::MisspelledDomain, "misspelled-domain"},
        {FindingName::SuppressedBounce, "suppressed-bounce"},
        {FindingName::SuppressedComplaint, "suppressed-complaint"},
        {FindingName::SuppressedUnsubscribe, "suppressed-unsubscribe"},
        {FindingName::SuppressedManual, "suppressed-manual"},
        {FindingName::BlockedByAdmin, "blocked-by-admin"},
        {FindingName::AlreadySent, "already-sent"},
        {FindingName::CampaignStopped, "campaign-stopped"},
        {FindingName::RoleAddress, "role-address"},
        {FindingName::DisposableDomain, "disposable-domain"},
        {FindingName::MissingUnsubscribe, "missing-unsubscribe"},
        {FindingName::ForeignFrom, "foreign-from"},
        {FindingName::MissingSignature, "missing-signature"},
        {FindingName::MissingPlainText, "missing-plain-text"},
        {FindingName::UnusableReplyTo, "unusable-reply-to"},
        {FindingName::UnresolvedDomain, "unresolved-domain"},
    }};
    check_there_and_back(kNames, &parse_finding_name);
    CHECK(parse_finding_name("Null-MX") == std::nullopt);
}

TEST_CASE("the list of all findings is in the order of their numbers") {
    for (std::size_t i = 0; i < kAllFindings.size(); ++i) {
        CHECK(static_cast<std::size_t>(kAllFindings.at(i)) == i);
    }
}

TEST_CASE("suppression names go to the wire and back") {
    check_there_and_back(Names<SubjectKind, 4>{{
                             {SubjectKind::Address, "address"},
                             {SubjectKind::Domain, "domain"},
                             {SubjectKind::Suffix, "suffix"},
                             {SubjectKind::Pattern, "pattern"},
                         }},
                         &parse_subject_kind);
    check_there_and_back(Names<SuppressionReason, 5>{{
                             {SuppressionReason::Bounce, "bounce"},
                             {SuppressionReason::Complaint, "complaint"},
                             {SuppressionReason::Unsubscribe, "unsubscribe"},
                             {SuppressionReason::Manual, "manual"},
                             {SuppressionReason::Allow, "allow"},
                         }},
                         &parse_suppression_reason);
    check_there_and_back(Names<SuppressionSource, 3>{{
                             {SuppressionSource::Learned, "learned"},
                             {SuppressionSource::Admin, "admin"},
                             {SuppressionSource::Import, "import"},
                         }},
                         &parse_suppression_source);
    check_there_and_back(Names<Proof, 3>{{
                             {Proof::Local, "local"},
                             {Proof::Sealed, "sealed"},
                             {Proof::Unproven, "unproven"},
                         }},
                         &parse_proof);
}

TEST_CASE("states and kinds of held mail go to the wire and back") {
    check_there_and_back(Names<HeldState, 5>{{
                             {HeldState::Held, "held"},
                             {HeldState::Releasing, "releasing"},
                             {HeldState::Released, "released"},
                             {HeldState::Returned, "returned"},
                             {HeldState::Discarded, "discarded"},
                         }},
                         &parse_held_state);
    check_there_and_back(Names<HeldKind, 2>{{{HeldKind::Mail, "mail"}, {HeldKind::Own, "own"}}},
                         &parse_held_kind);
}

TEST_CASE("names that are only written are spelled so") {
    check_there(Names<Certainty, 4>{{
        {Certainty::None, "none"},
        {Certainty::Hint, "hint"},
        {Certainty::Likely, "likely"},
        {Certainty::Certain, "certain"},
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
