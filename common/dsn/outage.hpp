// SPDX-License-Identifier: Apache-2.0
#pragma once
// The outage breaker. When recipients that used to accept mail suddenly bounce at one provider, the
// provider is broken, and nothing is learned from it.

#include "config/settings.hpp"
#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holdback::dsn {

struct Outage {
    std::string provider;
    core::TimePoint began;   ///< the first bounce that counted
    core::TimePoint opened;  ///< nothing is learned from then on
    std::optional<core::TimePoint> closed;
    std::size_t bounced = 0;   ///< known-good recipients that bounced, at the last look
    std::size_t accepted = 0;  ///< recipients that accepted mail in the same time

    bool operator==(const Outage&) const = default;
};

/// Watches all providers. Counts distinct recipients within `[outage] window`. Bounded: it keeps
/// the last 20,000 sightings of a provider, and the 2,000 providers that were seen last. Not
/// thread-safe.
class OutageWatch {
public:
    /// A recipient that used to accept mail bounces as nonexistent. Returns the outage that this
    /// opens; nullopt when it opens none.
    std::optional<Outage> bounced(std::string_view provider,
                                  std::string_view recipient,
                                  core::TimePoint now,
                                  const config::OutageSettings& settings);

    void accepted(std::string_view provider,
                  std::string_view recipient,
                  core::TimePoint now,
                  const config::OutageSettings& settings);

    /// True while nothing is learned from this provider.
    [[nodiscard]] bool is_open(std::string_view provider) const;

    /// Closes and returns the outages that end at `now`: a whole window has passed since they
    /// opened, and the last window shows no outage any more.
    std::vector<Outage> close_ended(core::TimePoint now, const config::OutageSettings& settings);

    /// Reopens an outage that was open when the program ended.
    void restore(const Outage& outage);

    [[nodiscard]] std::vector<Outage> open() const;

private:
    using Sighting = std::pair<core::TimePoint, std::uint64_t>;

    /// Sightings in order of time, and how often each recipient occurs in them.
    struct Sightings {
        std::deque<Sighting> order;
        std::unordered_map<std::uint64_t, std::size_t> times;

        void add(std::string_view recipient, core::TimePoint now);
        void forget_before(core::TimePoint time);
        [[nodiscard]] std::size_t distinct() const { return times.size(); }
    };
    struct Provider {
        Sightings bounced;
        Sightings accepted;
        core::TimePoint last;
        std::optional<Outage> outage;
    };
    using Providers = std::map<std::string, Provider, std::less<>>;

    Provider& provider_of(std::string_view name,
                          core::TimePoint now,
                          const config::OutageSettings& settings);
    static bool is_outage(const Provider& provider, const config::OutageSettings& settings);

    Providers providers_;
};

}  // namespace holdback::dsn
