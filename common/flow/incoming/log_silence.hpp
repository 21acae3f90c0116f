// SPDX-License-Identifier: Apache-2.0
#pragma once
// A log of the MTA that is followed and tells nothing: mail has left, and no line speaks of mail.

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
    /// An MTA logs a message in the moment in which it queues it.
    static constexpr std::chrono::minutes kPatience{1};

    /// A log begins to be followed: what left before says nothing.
    void begin();
    /// A message left of which the MTA has to log something.
    void mail_left(core::SteadyPoint now);
    /// A line of the MTA's about mail was read. True when that ends a silence that was told.
    bool heard();

    /// How long nothing has been heard since mail left, once that is longer than `kPatience`: given
    /// once, and again after something has been heard. nullopt: there is nothing to tell.
    [[nodiscard]] std::optional<std::chrono::seconds> to_tell(core::SteadyPoint now);
    /// The same while it lasts, told or not.
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

/// What is known of a log that tells nothing.
struct SilentLog {
    std::uint64_t lines = 0;       ///< read since it is followed
    std::uint64_t mail_lines = 0;  ///< of these, lines of an MTA about mail
};

/// What has happened, the likely cause and what to look at, in one clause.
[[nodiscard]] std::string silence_text(const SilentLog& log,
                                       std::chrono::seconds lasts,
                                       const config::MaillogSettings& settings);

}  // namespace holdback::flow::incoming
