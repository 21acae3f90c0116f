// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fakes of the ports for tests of use cases: stores, spool, submitter and log in memory, a clock
// set by hand. Each can be told to fail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/unknown_text.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "ports/submitter.hpp"
#include "ports/suppression_store.hpp"
#include "ports/unknown_store.hpp"
#include "terms/held.hpp"
#include "terms/held_rules.hpp"
#include "terms/suppression.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::support {

/// Makes the calls of a fake fail.
class Trouble {
public:
    /// The next `calls` calls still work, all later ones fail.
    void begin(std::string what, std::size_t calls = 0);
    void end();
    /// Counts a call; the text when it is to fail.
    [[nodiscard]] std::optional<std::string> met();

private:
    std::mutex mutex_;
    std::optional<std::string> what_;
    std::size_t calls_ = 0;
};

/// A clock that stands until it is moved; both times move together.
class ManualClock final : public core::Clock {
public:
    explicit ManualClock(core::TimePoint now = core::TimePoint(std::chrono::days(20'000)));

    [[nodiscard]] core::TimePoint now() const override;
    [[nodiscard]] core::SteadyPoint steady_now() const override;
    void advance(std::chrono::milliseconds by);

private:
    std::atomic<std::chrono::milliseconds::rep> wall_;
    std::atomic<std::chrono::milliseconds::rep> steady_;
};

class MemorySuppressionStore final : public ports::SuppressionStore {
public:
    [[nodiscard]] core::Result<std::vector<ports::SuppressionLookup>, ports::StoreError> look_up(
        std::span<const mail::Address> addresses,
        const mail::EnvelopeSender& sender,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::optional<terms::SuppressionEntry>, ports::StoreError> find(
        const terms::SuppressionKey& key) override;
    [[nodiscard]] core::Result<std::vector<terms::SuppressionEntry>, ports::StoreError> find_all(
        const terms::SuppressionSubject& subject) override;
    [[nodiscard]] core::Result<void, ports::StoreError> put(
        const terms::SuppressionEntry& entry) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> learn(const terms::SuppressionKey& key,
                                                              const ports::LearnEvent& event,
                                                              const Change& change) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> remove(
        const terms::SuppressionKey& key) override;
    [[nodiscard]] core::Result<void, ports::StoreError> list(
        const ports::SuppressionFilter& filter,
        core::TimePoint now,
        const std::function<bool(const terms::SuppressionEntry&)>& visit) override;
    [[nodiscard]] core::Result<ports::SuppressionCounts, ports::StoreError> counts(
        core::TimePoint now) override;

    /// Fails every call.
    Trouble& trouble() { return trouble_; }

private:
    Trouble trouble_;
    std::mutex mutex_;
    std::map<terms::SuppressionKey, terms::SuppressionEntry> entries_;
    std::set<std::pair<terms::SuppressionKey, std::string>> events_;
};

/// Keeps all that it is given.
class MemoryUnknownStore final : public ports::UnknownStore {
public:
    [[nodiscard]] core::Result<void, ports::StoreError> count(
        std::span<const dsn::UnknownText> texts, core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> list() override;
    [[nodiscard]] core::Result<std::optional<ports::UnknownEntry>, ports::StoreError> find(
        std::int64_t id) override;
    [[nodiscard]] core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> drop(
        std::span<const std::int64_t> ids) override;

    /// Fails every call.
    Trouble& trouble() { return trouble_; }

private:
    Trouble trouble_;
    std::mutex mutex_;
    std::int64_t next_id_ = 1;
    std::vector<ports::UnknownEntry> entries_;
};

class MemoryHeldStore final : public ports::HeldStore {
public:
    [[nodiscard]] core::Result<void, ports::StoreError> usable() const override;
    [[nodiscard]] core::Result<void, ports::StoreError> change(
        const std::function<void(ports::HeldRows&)>& work,
        ports::Durability durability = ports::Durability::Full) override;
    [[nodiscard]] core::Result<void, ports::StoreError> list(
        const ports::HeldFilter& filter,
        const std::function<bool(const ports::HeldItem&)>& visit) override;
    [[nodiscard]] core::Result<std::vector<ports::HeldEvent>, ports::StoreError> history(
        std::int64_t id) override;
    [[nodiscard]] core::Result<ports::HeldCounts, ports::StoreError> counts() override;
    [[nodiscard]] core::Result<std::size_t, ports::StoreError> purge_ended(
        core::TimePoint before) override;
    [[nodiscard]] core::Result<std::vector<ports::SpoolShare>, ports::StoreError> spool_shares()
        override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> listed_spool_ids()
        override;
    [[nodiscard]] core::Result<std::vector<terms::HeldMessage>, ports::StoreError> kept_messages(
        std::string_view after, std::size_t most) override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> removable_spool_ids(
        std::size_t most) override;
    [[nodiscard]] core::Result<void, ports::StoreError> spool_removed(
        std::span<const std::string> spool_ids) override;

    /// Fails every call.
    Trouble& trouble() { return trouble_; }

private:
    class Rows;

    struct Row {
        terms::HeldRecipient recipient;
        std::string token;
        std::optional<std::string> identity;
        std::vector<ports::HeldEvent> events;
    };
    struct MessageRow {
        terms::HeldMessage message;
        bool spool_removed = false;
    };
    struct Tables {
        std::map<std::string, MessageRow, std::less<>> messages;
        std::map<std::int64_t, Row> rows;
        std::map<std::string, terms::ReleaseToken, std::less<>> tokens;
        std::int64_t next_id = 1;
    };

    [[nodiscard]] bool has_active(std::string_view spool_id) const;

    Trouble trouble_;
    std::mutex mutex_;
    Tables tables_;
};

class MemorySpool final : public ports::Spool {
public:
    [[nodiscard]] core::Result<std::unique_ptr<ports::SpoolWriter>, ports::SpoolError> begin()
        override;
    [[nodiscard]] core::Result<void, ports::SpoolError> read(
        const terms::HeldMessage& message,
        const std::function<bool(std::string_view)>& take) const override;
    [[nodiscard]] core::Result<ports::CopyCheck, ports::SpoolError> check(
        const terms::HeldMessage& message) const override;
    [[nodiscard]] core::Result<std::string, ports::SpoolError> set_aside(
        std::string_view spool_id) override;
    [[nodiscard]] core::Result<void, ports::SpoolError> remove(std::string_view spool_id) override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::SpoolError> ids() const override;
    [[nodiscard]] core::Result<std::uint64_t, ports::SpoolError> free_octets() const override {
        return free_.load();
    }
    void set_free_octets(std::uint64_t octets) { free_.store(octets); }

    /// The octets of a committed message.
    [[nodiscard]] std::optional<std::string> octets(std::string_view spool_id) const;
    /// Puts other octets in the place of a message's.
    void spoil(std::string_view spool_id, std::string octets);
    /// What was set aside.
    [[nodiscard]] std::vector<std::string> aside() const;
    /// Fails `begin`, `append`, `commit`, `set_aside` and `remove`.
    Trouble& write_trouble() { return write_trouble_; }
    /// Fails `read`, `check` and `ids`.
    Trouble& read_trouble() const { return read_trouble_; }

private:
    std::atomic<std::uint64_t> free_ = std::uint64_t{1} << 40U;
    class Writer;

    std::string keep(std::string octets);

    Trouble write_trouble_;
    mutable Trouble read_trouble_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string, std::less<>> files_;
    std::vector<std::string> aside_;
    int next_ = 1;
};

/// A submission as `FakeSubmitter` saw it, with the octets it read (`first_header` included).
struct SeenSubmission {
    std::string sender;
    std::vector<std::string> sender_arguments;
    std::vector<ports::SubmissionRecipient> recipients;
    std::string octets;
    bool complete = false;  ///< what `read` said
};

class FakeSubmitter final : public ports::Submitter {
public:
    [[nodiscard]] std::vector<ports::RecipientOutcome> submit(const ports::Submission& submission,
                                                              core::SteadyPoint deadline) override;

    /// The outcome for one address; others get `Accepted{"250 2.0.0 Ok: queued as FAKE"}`.
    void answer(std::string address, ports::RecipientOutcome outcome);
    /// Runs in `submit`, after the octets were read: the place of the milter that sees the token.
    void on_submit(std::function<void(const SeenSubmission&)> hook);
    [[nodiscard]] std::vector<SeenSubmission> seen() const;
    [[nodiscard]] bool has_one_notify() const override { return one_notify; }

    bool one_notify = false;

private:
    mutable std::mutex mutex_;
    std::map<std::string, ports::RecipientOutcome, std::less<>> answers_;
    std::function<void(const SeenSubmission&)> hook_;
    std::vector<SeenSubmission> seen_;
};

struct LogLine {
    ports::Severity severity;
    std::string text;

    bool operator==(const LogLine&) const = default;
};

class RecordingLog final : public ports::Log {
public:
    void write(ports::Severity severity, std::string_view line) noexcept override;

    [[nodiscard]] std::vector<LogLine> lines() const;
    /// True when a line contains `part`.
    [[nodiscard]] bool has(std::string_view part) const;
    void clear();

private:
    mutable std::mutex mutex_;
    std::vector<LogLine> lines_;
};

}  // namespace holdback::support
