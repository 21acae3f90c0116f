// SPDX-License-Identifier: Apache-2.0
#pragma once
// An entry of the suppression list: who is held back, and on what evidence.

#include "core/clock.hpp"
#include "mail/failure_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::mail {

/// What an entry is about.
enum class SubjectKind : std::uint8_t { Address, Domain };

enum class SuppressionReason : std::uint8_t { Bounce, Complaint, Unsubscribe, Manual, Allow };

/// Who made the entry.
enum class SuppressionSource : std::uint8_t { Learned, Admin, Import };

/// How a failure was proven.
enum class Proof : std::uint8_t { Local, Sealed, Unproven };

/// One entry. `Allow` entries stand above all others and never expire unless they say so.
struct SuppressionEntry {
    SubjectKind kind = SubjectKind::Address;
    std::string subject;  ///< `Address::key()` or `Domain::text()`
    SuppressionReason reason = SuppressionReason::Manual;
    FailureCode code = kUnknownFailure;
    SuppressionSource source = SuppressionSource::Admin;
    int strikes = 0;  ///< distinct days with evidence
    core::TimePoint first_seen;
    core::TimePoint last_seen;
    std::optional<core::TimePoint> expires;  ///< nullopt: never
    /// False while strikes are being counted and there are not enough of them yet.
    bool active = true;
    Proof proof = Proof::Unproven;
    std::string rule;        ///< id of the rule that classified the last evidence
    std::string diagnostic;  ///< diagnostic text of the last evidence, or the admin's note
    std::string message_id;  ///< Message-ID of the returned message, or empty

    bool operator==(const SuppressionEntry&) const = default;

    [[nodiscard]] bool holds_at(core::TimePoint now) const {
        return active && (!expires.has_value() || *expires > now);
    }
};

[[nodiscard]] std::string_view wire_name(SubjectKind kind);
[[nodiscard]] std::string_view wire_name(SuppressionReason reason);
[[nodiscard]] std::string_view wire_name(SuppressionSource source);
[[nodiscard]] std::string_view wire_name(Proof proof);
[[nodiscard]] std::optional<SubjectKind> parse_subject_kind(std::string_view name);
[[nodiscard]] std::optional<SuppressionReason> parse_suppression_reason(std::string_view name);
[[nodiscard]] std::optional<SuppressionSource> parse_suppression_source(std::string_view name);
[[nodiscard]] std::optional<Proof> parse_proof(std::string_view name);

}  // namespace holdback::mail
