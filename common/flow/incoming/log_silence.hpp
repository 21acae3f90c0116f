// SPDX-License-Identifier: Apache-2.0
#pragma once
// Detects a followed MTA log that tells nothing: mail has left, and no line is about mail.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace holdback::flow::incoming {

/// Watches one log. Safe from several threads.
class LogSilence {
public:
    /// An MTA logs a message at the moment when it queues it.
    static constexpr std::chrono::minutes kPatience{1};

    /// A log starts to be followed; what left before does not count.
    void begin();
    /// A message left that the MTA must log.
    void mail_left(core::SteadyPoint now);
    /// A line of the MTA about mail was read. True when that ends a silence that was reported.
    bool heard();

    /// How long nothing has been heard since mail left, once that is at least `kPatience`. Given
    /// once, and again only after something was heard. nullopt: there is nothing to report.
    [[nodiscard]] std::optional<std::chrono::seconds> to_tell(core::SteadyPoint now);
    /// The same while the silence lasts, reported or not.
    [[nodiscard]] std::optional<std::chrono::seconds> lasts(core::SteadyPoint now) const;

private:
    struct State {
        std::optional<core::SteadyPoint> since;  ///< the first mail of which nothing was heard
        bool is_told = false;
    };

    [[nodiscard]] static std::optional<std::chrono::seconds> lasts(const State& state,
                                                                   core::SteadyPoint now);

    core::Guarded<State> state_;
};

/// What is known of a silent log.
struct SilentLog {
    std::uint64_t lines = 0;       ///< read since it has been followed
    std::uint64_t mail_lines = 0;  ///< of these, lines of an MTA about mail
};

/// What has happened, the likely cause and what to check, in one clause.
[[nodiscard]] std::string silence_text(const SilentLog& log,
                                       std::chrono::seconds lasts,
                                       const config::MaillogSettings& settings);

}  // namespace holdback::flow::incoming
