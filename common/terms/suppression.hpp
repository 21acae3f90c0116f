// SPDX-License-Identifier: Apache-2.0
#pragma once
// An entry of the suppression list: who is suppressed, and on what evidence.

#include "core/clock.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression_scope.hpp"    // IWYU pragma: export
#include "terms/suppression_subject.hpp"  // IWYU pragma: export

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::terms {

// The numbers of the next three enums are stored: never reuse one for something else.

enum class SuppressionReason : std::uint8_t {
    Bounce = 0,
    Complaint = 1,
    Unsubscribe = 2,
    Manual = 3,
    Allow = 4,
};

/// The maker of the entry.
enum class SuppressionSource : std::uint8_t { Learned = 0, Admin = 1, Import = 2 };

/// The proof of a failure.
enum class Proof : std::uint8_t { Local = 0, Sealed = 1, Unproven = 2 };

inline constexpr std::array kAllSuppressionReasons{SuppressionReason::Bounce,
                                                   SuppressionReason::Complaint,
                                                   SuppressionReason::Unsubscribe,
                                                   SuppressionReason::Manual,
                                                   SuppressionReason::Allow};
inline constexpr std::array kAllSuppressionSources{
    SuppressionSource::Learned, SuppressionSource::Admin, SuppressionSource::Import};
inline constexpr std::array kAllProofs{Proof::Local, Proof::Sealed, Proof::Unproven};

/// The key of an entry: each subject and scope have at most one entry.
struct SuppressionKey {
    SubjectKind kind = SubjectKind::Address;
    std::string subject;  ///< see `SuppressionSubject::text`
    SuppressionScope scope;

    auto operator<=>(const SuppressionKey&) const = default;
};

/// Whether an entry has its subject in plain text, or a keyed hash instead.
enum class SubjectForm : std::uint8_t { Plain, Hashed };

/// One entry. `Allow` entries override all others and never expire unless they say so.
struct SuppressionEntry {
    SubjectKind kind = SubjectKind::Address;
    /// See `SuppressionSubject::text`. In a hashed entry from a store: "#" and the hash in
    /// hexadecimal, by which the store finds the entry as well.
    std::string subject;
    SuppressionScope scope;
    /// Hashed entries have no address, no domain and no diagnostic text. Patterns are never hashed.
    SubjectForm form = SubjectForm::Plain;
    SuppressionReason reason = SuppressionReason::Manual;
    FailureCode code = kUnknownFailure;
    SuppressionSource source = SuppressionSource::Admin;
    int strikes = 0;  ///< distinct days with evidence
    core::TimePoint first_seen;
    core::TimePoint last_seen;
    std::optional<core::TimePoint> expires;  ///< nullopt: never
    /// False while strikes are counted and are not yet enough.
    bool active = true;
    Proof proof = Proof::Unproven;
    std::string rule;        ///< id of the rule that classified the last evidence
    std::string diagnostic;  ///< diagnostic text of the last evidence, or the admin's note
    std::string message_id;  ///< Message-ID of the returned message, or empty

    bool operator==(const SuppressionEntry&) const = default;

    [[nodiscard]] SuppressionKey key() const {
        return {.kind = kind, .subject = subject, .scope = scope};
    }
    [[nodiscard]] bool holds_at(core::TimePoint now) const {
        return active && (!expires.has_value() || *expires > now);
    }
};

/// The code of an entry whose evidence has none.
[[nodiscard]] FailureCode default_code(SuppressionReason reason, SubjectKind kind);

[[nodiscard]] std::string_view wire_name(SuppressionReason reason);
[[nodiscard]] std::string_view wire_name(SuppressionSource source);
[[nodiscard]] std::string_view wire_name(Proof proof);
[[nodiscard]] std::optional<SuppressionReason> parse_suppression_reason(std::string_view name);
[[nodiscard]] std::optional<SuppressionSource> parse_suppression_source(std::string_view name);
[[nodiscard]] std::optional<Proof> parse_proof(std::string_view name);

}  // namespace holdback::terms
