// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case remembers the outcomes of deliveries.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "mail/outcome.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// An outcome with what the settings make of it.
struct JournalEntry {
    std::int64_t id = 0;  ///< grows in the order of recording; given by the journal
    mail::MtaOutcome outcome;
    std::string key;  ///< `mail::recipient_key` of the outcome's recipient
    /// `mail::provider_of` the relay, or the recipient's domain where the relay is one of ours.
    std::string provider;
    /// True when the recipient's own server took the message: it was sent by SMTP, and the relay is
    /// not one that only hands mail on (`[maillog] handed_on`).
    bool accepted = false;

    bool operator==(const JournalEntry&) const = default;
};

/// When a recipient's server has accepted mail for the recipient.
struct Acceptance {
    core::TimePoint first;  ///< the first since mail for the recipient last came back
    core::TimePoint last;
    std::string provider;  ///< at the last time

    bool operator==(const Acceptance&) const = default;
};

/// How long things are kept.
struct JournalLimits {
    std::chrono::seconds keep = std::chrono::days(30);
    std::int64_t entries = 2'000'000;  ///< outcomes kept at most
    /// How long an acceptance counts after the last one. It is kept even when the outcomes are
    /// gone.
    std::chrono::seconds known_good = std::chrono::days(90);
};

struct OutcomeCounts {
    std::int64_t sent = 0;
    std::int64_t deferred = 0;
    std::int64_t bounced = 0;

    bool operator==(const OutcomeCounts&) const = default;
};

/// The outcomes with one provider or one recipient domain.
struct OutcomeGroup {
    std::string name;
    OutcomeCounts counts;

    bool operator==(const OutcomeGroup&) const = default;
};

/// How `Journal::groups` forms groups.
enum class OutcomeGrouping : std::uint8_t { Provider, Domain };

/// The memory of outcomes, bounded by `JournalLimits`. Safe from several threads and processes; one
/// thread records.
class Journal {
public:
    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    Journal(Journal&&) = delete;
    Journal& operator=(Journal&&) = delete;
    virtual ~Journal() = default;

    /// Writes outcomes (their ids are ignored) and the position behind the lines they came from.
    /// This is one durable transaction, so that each line counts exactly once. Texts are cut to 500
    /// octets. Also forgets a few of the outcomes and acceptances that are over the limits, but
    /// never one that has not been `told`. Only the source understands `position`.
    [[nodiscard]] virtual core::Result<void, StoreError> record(
        std::span<const JournalEntry> entries,
        std::string_view source,
        std::string_view position,
        const JournalLimits& limits,
        core::TimePoint now) = 0;

    /// The position that was recorded last for a source.
    [[nodiscard]] virtual core::Result<std::optional<std::string>, StoreError> position(
        std::string_view source) const = 0;

    /// Outcomes that listeners have not been told of, in order of id, at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<JournalEntry>, StoreError> untold(
        std::size_t most) const = 0;

    /// Remembers that listeners know of all outcomes up to this id.
    [[nodiscard]] virtual core::Result<void, StoreError> told(std::int64_t id) = 0;

    /// The outcomes of one message, in order of id.
    [[nodiscard]] virtual core::Result<std::vector<JournalEntry>, StoreError> outcomes_of(
        std::string_view queue_id) const = 0;

    /// The newest outcomes of a recipient (by key), newest first, at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<JournalEntry>, StoreError> history_of(
        std::string_view key, std::size_t most) const = 0;

    /// When the recipient's server has taken mail for it; nullopt: never within `known_good`.
    [[nodiscard]] virtual core::Result<std::optional<Acceptance>, StoreError> accepted(
        std::string_view key) const = 0;

    /// Mail for the recipient (by key) has come back: earlier acceptances no longer prove anything.
    [[nodiscard]] virtual core::Result<void, StoreError> refute(std::string_view key) = 0;

    /// When a server of the domain (canonical, in lower case) last accepted mail for any recipient;
    /// nullopt: never within `known_good`.
    [[nodiscard]] virtual core::Result<std::optional<core::TimePoint>, StoreError> accepted_in(
        std::string_view domain) const = 0;

    /// How many outcomes there are since a time.
    [[nodiscard]] virtual core::Result<OutcomeCounts, StoreError> counts(
        core::TimePoint since) const = 0;

    /// The same for each provider or recipient domain, the largest groups first, at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<OutcomeGroup>, StoreError> groups(
        OutcomeGrouping by, core::TimePoint since, std::size_t most) const = 0;
};

/// Is told of every outcome.
class OutcomeListener {
public:
    OutcomeListener() = default;
    OutcomeListener(const OutcomeListener&) = delete;
    OutcomeListener& operator=(const OutcomeListener&) = delete;
    OutcomeListener(OutcomeListener&&) = delete;
    OutcomeListener& operator=(OutcomeListener&&) = delete;
    virtual ~OutcomeListener() = default;

    /// Called by the one thread that records, after the outcome is durable, in order of id. An
    /// outcome has the same id each time. It is normally told once. The last few are told again
    /// when the process ended before the call was noted, or when the call gave false, so a second
    /// call must do no harm. False means not now (a store is out of reach): this and the later
    /// outcomes are told again soon.
    [[nodiscard]] virtual bool on_outcome(const JournalEntry& entry, core::TimePoint now) = 0;

    /// The MTA has dropped a message because a milter told it to. Called by the same thread, before
    /// the line counts as read. Called again when the process ended in between, or when it gave
    /// false.
    [[nodiscard]] virtual bool on_dropped(const mail::DroppedMessage& message,
                                          core::TimePoint now) {
        static_cast<void>(message);
        static_cast<void>(now);
        return true;
    }

    /// The MTA has refused a message at the end of its data: the client still has it and may send
    /// it again. Called like `on_dropped`.
    [[nodiscard]] virtual bool on_refused(const mail::DroppedMessage& message,
                                          core::TimePoint now) {
        static_cast<void>(message);
        static_cast<void>(now);
        return true;
    }
};

}  // namespace holdback::ports
