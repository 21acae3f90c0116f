// SPDX-License-Identifier: Apache-2.0
#include "flow/open_answers.hpp"

#include "core/clock.hpp"
#include "ports/held_acts.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow {

namespace {

/// How long the store is left alone when it is in trouble.
constexpr std::chrono::seconds kPause{1};

/// The text of items in doubt about an answer that came late.
constexpr std::string_view kLate =
    "our answer about this message took so long that the MTA may have gone on without it: check "
    "its log for a delivery before you release it";

}  // namespace

std::optional<OpenAnswers::Ticket> OpenAnswers::given(ports::TakenAnswer answer,
                                                      core::SteadyPoint asked) {
    const core::SteadyPoint now = clock_.steady_now();
    if (now - asked > kAwaited) {
        if (const auto noted = ports::note_doubt(held_, answer.ids, kLate, clock_.now());
            !noted.has_value()) {
            trouble_.say(ports::Severity::Error,
                         "the reason of a doubt about held mail is not written down",
                         noted.error().what);
        }
        return std::nullopt;
    }
    const std::scoped_lock lock(mutex_);
    const Ticket ticket = next_++;
    open_.emplace(ticket, Answer{.what = std::move(answer), .at = now});
    return ticket;
}

void OpenAnswers::taken(Ticket ticket) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto found = open_.find(ticket); found != open_.end()) {
            found->second.taken = true;
            any_taken_ = true;
        }
    }
    changed_.notify_all();
}

void OpenAnswers::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, stop, [this] { return any_taken_; });
        }
        if (!settle(core::SteadyPoint::min())) {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, kPause, [] { return false; });
        }
    }
}

void OpenAnswers::work() {
    static_cast<void>(settle(clock_.steady_now() - kWritten));
}

void OpenAnswers::finish() {
    static_cast<void>(settle(clock_.steady_now()));
}

void OpenAnswers::wait(std::span<const std::int64_t> ids) {
    const auto is_open = [ids](const auto& each) {
        return std::ranges::find_first_of(each.second.what.ids, ids) != each.second.what.ids.end();
    };
    std::unique_lock lock(mutex_);
    changed_.wait_for(
        lock, kWritten + kPause, [&] { return std::ranges::none_of(open_, is_open); });
}

bool OpenAnswers::settle(core::SteadyPoint until) {
    const std::scoped_lock one_at_a_time(settling_);
    std::vector<Ticket> tickets;
    std::vector<ports::TakenAnswer> answers;
    {
        const std::scoped_lock lock(mutex_);
        any_taken_ = false;
        for (const auto& [ticket, answer] : open_) {
            if (answer.taken || answer.at <= until) {
                tickets.push_back(ticket);
                answers.push_back(answer.what);
            }
        }
    }
    if (answers.empty()) {
        return true;
    }
    const auto settled = ports::settle_doubt(held_, answers);
    const bool is_settled = settled.has_value();
    if (!is_settled) {
        trouble_.say(ports::Severity::Error,
                     "the end of doubts about held mail is not written down",
                     settled.error().what);
    }
    {
        const std::scoped_lock lock(mutex_);
        if (is_settled) {
            for (const Ticket ticket : tickets) {
                open_.erase(ticket);
            }
        } else {
            any_taken_ = true;
        }
    }
    changed_.notify_all();
    return is_settled;
}

}  // namespace holdback::flow
