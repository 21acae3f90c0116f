// SPDX-License-Identifier: Apache-2.0
#pragma once
// Held mail as values: one message in the spool, one row for each recipient held out of it.

#include "core/clock.hpp"
#include "terms/failure_code.hpp"
#include "terms/held_finding.hpp"
#include "terms/stream.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::terms {

/// held -> releasing -> released | returned | discarded. A release that is refused or interrupted
/// goes back to held.
enum class HeldState : std::uint8_t { Held, Releasing, Released, Returned, Discarded };

/// The reason why a message lies in the spool.
enum class HeldKind : std::uint8_t {
    Mail,  ///< recipients held out of somebody's message
    Own,   ///< a message made by Holdback (a DSN, a notice) on its way to the MTA
};

/// The message in the spool as the store knows it. Its octets are in the spool under `spool_id`.
struct HeldMessage {
    std::string spool_id;
    HeldKind kind = HeldKind::Mail;
    std::string sender;  ///< envelope sender without brackets; "" is the null sender
    /// ESMTP arguments of MAIL as they came, e.g. "BODY=8BITMIME", "SMTPUTF8", "ENVID=x".
    std::vector<std::string> sender_arguments;
    std::string user;      ///< SASL user, or empty
    std::string client;    ///< client address text, or empty
    std::string daemon;    ///< {daemon_name}, or empty
    std::string queue_id;  ///< the MTA's queue id of the original
    std::string campaign;  ///< campaign name for people, or empty
    /// Stands for what the campaign says to whom, to know who got it: `outbound/campaign`. Or
    /// empty.
    std::string issue;
    std::string message_id;
    std::string subject;  ///< for people; never logged
    /// The same for two submissions of one message: see `outbound/fingerprint`.
    std::string fingerprint;
    Stream stream = Stream::Bulk;  ///< the policy by which its recipients were judged
    /// True when it was known, as the message came, that our mail may go to its sender.
    bool vouched = false;
    std::uint64_t octets = 0;
    /// SHA-256 of its octets, lower-case hexadecimal; empty when an older version held it without a
    /// digest.
    std::string digest;
    /// The damage of the copy in the spool, in plain words; empty when none is known.
    std::string damage;
    core::TimePoint held_at;

    bool operator==(const HeldMessage&) const = default;
};

/// One recipient held out of a message.
struct HeldRecipient {
    std::int64_t id = 0;  ///< the number that people use; the store gives it
    std::string spool_id;
    std::string address;                 ///< without brackets, in its original spelling
    std::vector<std::string> arguments;  ///< ESMTP arguments of RCPT
    HeldState state = HeldState::Held;
    HeldFinding finding;  ///< the finding that decided
    FailureCode code = kUnknownFailure;
    std::string reason;                         ///< in plain words
    std::string advice;                         ///< to the sender, one clause; or empty
    std::string suggestion;                     ///< the address that may be meant, or empty
    bool tell = false;                          ///< a notice is to tell the sender
    std::optional<core::TimePoint> release_at;  ///< when it is released by itself
    std::optional<core::TimePoint> expires_at;
    core::TimePoint changed_at;  ///< when it came into its present state
    int attempts = 0;            ///< releases tried
    std::string last_answer;  ///< the MTA's answer to the last release, or why it was interrupted
    /// It is not known if the MTA has a copy: its answer to us, or ours to it, was still open. Such
    /// an item is never released by itself.
    bool in_doubt = false;
    /// The queue id under which the MTA has a copy, if it has one, and since when: of the original,
    /// or of the last release as it came through the milter. Empty: not known.
    std::string mta_queue_id;
    std::optional<core::TimePoint> mta_since;
    /// The next time to look if its cause has gone; nullopt: never.
    std::optional<core::TimePoint> recheck_at;

    bool operator==(const HeldRecipient&) const = default;
};

[[nodiscard]] std::string_view wire_name(HeldState state);
[[nodiscard]] std::optional<HeldState> parse_held_state(std::string_view name);
[[nodiscard]] std::string_view wire_name(HeldKind kind);
[[nodiscard]] std::optional<HeldKind> parse_held_kind(std::string_view name);

}  // namespace holdback::terms
