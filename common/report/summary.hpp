// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of mail within a time, summed up by day, provider, sender and failure code, so that
// each of these sums gives the same total.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/outage.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::report {

/// What can become of a recipient of a message. One may meet several of these: held, released,
/// sent.
enum class Fate : std::uint8_t {
    Sent,       ///< taken by the next hop, as the log of the MTA told
    Deferred,   ///< an attempt that failed for now, of which there may be many
    Bounced,    ///< failed for good, as the log told
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
    /// Of all fates.
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

/// What stands for the rest where a table is cut; no provider and no sender is called so.
inline constexpr std::string_view kOthers = "(others)";
/// A sender of which the log said nothing.
inline constexpr std::string_view kNotTold = "(not told)";
/// The null sender.
inline constexpr std::string_view kNullSender = "<>";

/// One failure code.
struct CodeRow {
    int code = 0;
    std::string name;
    std::size_t bounced = 0;
    std::size_t held = 0;
    std::string meaning;  ///< of the catalogue; empty where it has none
    std::string who;      ///< who must act

    bool operator==(const CodeRow&) const = default;
};

/// Why recipients were held, and what became of those.
struct CauseRow {
    std::string finding;
    Fates fates;

    bool operator==(const CauseRow&) const = default;
};

/// What was decided about recipients, indexed by `config::PolicyAction`.
using Decided = std::array<std::size_t, 5>;

/// New entries of the suppression list, by reason.
struct GrowthRow {
    std::string day;
    std::array<std::size_t, terms::kAllSuppressionReasons.size()> by_reason{};

    [[nodiscard]] std::size_t all() const;
    bool operator==(const GrowthRow&) const = default;
};

/// How long the suppression list is now.
struct ListLength {
    std::size_t entries = 0;
    std::size_t in_force = 0;

    bool operator==(const ListLength&) const = default;
};

struct Summary {
    core::TimePoint since;
    core::TimePoint until;
    /// False when the log of the MTA is not followed: what was sent and bounced is not known then.
    bool log_followed = false;
    bool remembers_decisions = false;
    Fates total;
    std::vector<FateRow> by_day;       ///< every day (UTC), oldest first
    std::vector<FateRow> by_provider;  ///< the greatest first, then the others
    std::vector<FateRow> by_sender;    ///< the same
    std::vector<CodeRow> by_code;      ///< the most frequent first
    std::vector<CauseRow> causes;      ///< the most frequent first
    Decided enforced{};                ///< decisions that were acted upon
    Decided shadowed{};                ///< decisions in shadow mode
    /// Findings by which the recipients of `shadowed` and `enforced` did not pass: name and count.
    std::vector<std::pair<std::string, std::size_t>> reasons;
    /// Findings by which recipients were tagged, who got their mail: name and count.
    std::vector<std::pair<std::string, std::size_t>> tagged;
    std::vector<GrowthRow> growth;  ///< every day, oldest first
    ListLength list;
    std::size_t held_now = 0;
    std::vector<dsn::Outage> outages;  ///< within the time, newest first

    /// True when nothing at all happened.
    [[nodiscard]] bool is_empty() const;
};

/// One thing that happened to a recipient.
struct FateEvent {
    core::TimePoint at;
    Fate fate = Fate::Sent;
    std::string_view provider;  ///< empty: not known by the event
    std::string_view domain;    ///< of the recipient; tells the provider where it is not known
    std::string_view sender;    ///< without brackets; see `kNotTold`
};

/// Sums up, in one pass. Bounded: of more providers or senders than `kMostNames` the later ones are
/// among the others from the beginning.
class SummaryBuilder {
public:
    static constexpr std::size_t kMostNames = 20'000;

    /// `until` is not included.
    SummaryBuilder(core::TimePoint since, core::TimePoint until);

    /// Events with a provider come first: they tell that of the others.
    void add(const FateEvent& event);
    /// Of a bounce or a held recipient, besides `add`.
    void add_code(Fate fate, int code, std::string_view name);
    /// Of what is and was held, besides `add`.
    void add_cause(Fate fate, std::string_view finding);
    void add_decision(config::Mode mode, config::PolicyAction verdict, std::string_view reason);
    void add_growth(core::TimePoint day, terms::SuppressionReason reason, std::size_t entries);
    void add_outage(const dsn::Outage& outage);

    /// What is no sum.
    struct Now {
        bool log_followed = false;
        bool remembers_decisions = false;
        ListLength list;
        std::size_t held_now = 0;
    };
    /// Tables of providers and senders have `most` lines, and one for the others.
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
