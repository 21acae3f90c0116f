// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sums up the outcomes of mail in a period. The tables by day, provider and sender have one total.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/outage.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::report {

/// An outcome for a recipient. One recipient may have several: held, released, sent.
enum class Fate : std::uint8_t {
    Sent,       ///< taken by the next hop, as the MTA's log tells
    Deferred,   ///< an attempt that failed for now; there may be many
    Bounced,    ///< failed for good, as the MTA's log tells
    Held,       ///< kept in the spool
    Released,   ///< from the spool to the MTA
    Returned,   ///< from the spool back to the sender
    Discarded,  ///< dropped from the spool
    Refused,    ///< the client was told
};
inline constexpr std::array kAllFates{Fate::Sent,
                                      Fate::Deferred,
                                      Fate::Bounced,
                                      Fate::Held,
                                      Fate::Released,
                                      Fate::Returned,
                                      Fate::Discarded,
                                      Fate::Refused};

[[nodiscard]] std::string_view wire_name(Fate fate);

/// Recipients by fate.
class Fates {
public:
    void add(Fate fate, std::size_t count = 1) {
        counts_.at(static_cast<std::size_t>(fate)) += count;
    }
    [[nodiscard]] std::size_t operator[](Fate fate) const {
        return counts_.at(static_cast<std::size_t>(fate));
    }
    /// The sum over all fates.
    [[nodiscard]] std::size_t all() const;
    Fates& operator+=(const Fates& other);
    bool operator==(const Fates&) const = default;

private:
    std::array<std::size_t, kAllFates.size()> counts_{};
};

/// One line of a table: a day, a provider, a sender.
struct FateRow {
    std::string name;
    Fates fates;

    bool operator==(const FateRow&) const = default;
};

/// The name for the rest of a cut table. No provider and no sender has this name.
inline constexpr std::string_view kOthers = "(others)";
/// An unknown sender or provider.
inline constexpr std::string_view kNotTold = "(not told)";
inline constexpr std::string_view kNullSender = "<>";

struct CodeRow {
    int code = 0;
    std::string name;
    std::size_t bounced = 0;
    std::size_t held = 0;
    std::string meaning;  ///< from the catalogue; empty if it has none
    std::string who;      ///< the party that must act

    bool operator==(const CodeRow&) const = default;
};

/// A finding that held recipients, and their outcomes.
struct CauseRow {
    std::string finding;
    Fates fates;

    bool operator==(const CauseRow&) const = default;
};

/// Numbers of decisions, indexed by `config::PolicyAction`.
using Decided = std::array<std::size_t, 5>;

/// New entries of the suppression list, by reason.
struct GrowthRow {
    std::string day;
    std::array<std::size_t, terms::kAllSuppressionReasons.size()> by_reason{};

    [[nodiscard]] std::size_t all() const;
    bool operator==(const GrowthRow&) const = default;
};

/// The present length of the suppression list.
struct ListLength {
    std::size_t entries = 0;
    std::size_t in_force = 0;

    bool operator==(const ListLength&) const = default;
};

struct Summary {
    core::TimePoint since;
    core::TimePoint until;
    /// False when the MTA's log is not followed: what was sent and what bounced is unknown then.
    bool log_followed = false;
    bool remembers_decisions = false;
    Fates total;
    std::vector<FateRow> by_day;       ///< every day (UTC), oldest first
    std::vector<FateRow> by_provider;  ///< the greatest first, then the others
    std::vector<FateRow> by_sender;    ///< the same
    std::vector<CodeRow> by_code;      ///< the most frequent first
    std::vector<CauseRow> causes;      ///< the most frequent first
    Decided enforced{};                ///< decisions that were applied
    Decided shadowed{};                ///< decisions in shadow mode
    /// Findings that held, deferred or rejected recipients: name and count.
    std::vector<std::pair<std::string, std::size_t>> reasons;
    /// Findings that only tagged recipients: name and count.
    std::vector<std::pair<std::string, std::size_t>> tagged;
    std::vector<GrowthRow> growth;  ///< every day, oldest first
    ListLength list;
    std::size_t held_now = 0;
    std::vector<dsn::Outage> outages;  ///< within the period, newest first

    /// True when nothing happened in the period.
    [[nodiscard]] bool is_empty() const;
};

/// One event for a recipient.
struct FateEvent {
    core::TimePoint at;
    Fate fate = Fate::Sent;
    std::string_view provider;  ///< empty: the event does not tell
    std::string_view domain;    ///< of the recipient; used to find an unknown provider
    std::string_view sender;    ///< without brackets; empty: the null sender; see also `kNotTold`
};

/// Sums up in one pass. Bounded: after `kMostNames` providers or senders, new names are counted
/// among the others.
class SummaryBuilder {
public:
    static constexpr std::size_t kMostNames = 20'000;

    /// `until` is not included.
    SummaryBuilder(core::TimePoint since, core::TimePoint until);

    /// Adds an event of the period. Events with a provider come first: they tell that of their
    /// domain.
    void add(const FateEvent& event);
    /// Adds the code of a bounce or a held recipient of the period, besides `add`.
    void add_code(Fate fate, int code, std::string_view name);
    /// Adds the finding of an item that is or was held, besides `add`.
    void add_cause(Fate fate, std::string_view finding);
    void add_decision(config::Mode mode, config::PolicyAction verdict, std::string_view reason);
    void add_growth(core::TimePoint day, terms::SuppressionReason reason, std::size_t entries);
    void add_outage(const dsn::Outage& outage);

    /// The state at the end.
    struct Now {
        bool log_followed = false;
        bool remembers_decisions = false;
        ListLength list;
        std::size_t held_now = 0;
    };
    /// The tables of providers and senders have at most `most` lines, and one for the others.
    [[nodiscard]] Summary finish(const Now& now, std::size_t most) const;

private:
    using ByName = std::map<std::string, Fates, std::less<>>;

    static void count(ByName& table, std::string_view name, Fate fate);
    [[nodiscard]] std::string_view provider_of(const FateEvent& event) const;

    core::TimePoint since_;
    core::TimePoint until_;
    Fates total_;
    std::map<std::chrono::sys_days, Fates> by_day_;
    ByName by_provider_;
    ByName by_sender_;
    std::map<std::string, std::string, std::less<>> providers_;  // of domains
    std::map<int, CodeRow> by_code_;
    ByName causes_;
    Decided enforced_{};
    Decided shadowed_{};
    std::map<std::string, std::size_t, std::less<>> reasons_;
    std::map<std::string, std::size_t, std::less<>> tagged_;
    std::map<std::chrono::sys_days, GrowthRow> growth_;
    std::vector<dsn::Outage> outages_;
};

/// "2026-01-31", in UTC.
[[nodiscard]] std::string day_text(core::TimePoint time);

}  // namespace holdback::report
