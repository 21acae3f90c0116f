// SPDX-License-Identifier: Apache-2.0
#include "flow/open_answers.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace holdback::flow {

namespace {

/// The store is left alone for so long when it is in trouble.
constexpr std::chrono::seconds kPause{1};

}  // namespace

OpenAnswers::Ticket OpenAnswers::given(std::vector<std::int64_t> ids) {
    const core::SteadyPoint now = clock_.steady_now();
    const std::scoped_lock lock(mutex_);
    const Ticket ticket = next_++;
    open_.emplace(ticket, Answer{.ids = std::move(ids), .at = now});
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
    changed_.notify_one();
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

bool OpenAnswers::settle(core::SteadyPoint until) {
    std::map<Ticket, Answer> settling;
    std::vector<std::int64_t> ids;
    {
        const std::scoped_lock lock(mutex_);
        any_taken_ = false;
        for (auto next = open_.begin(); next != open_.end();) {
            const auto answer = next++;
            if (answer->second.taken || answer->second.at <= until) {
                ids.insert(ids.end(), answer->second.ids.begin(), answer->second.ids.end());
                settling.insert(open_.extract(answer));
            }
        }
    }
    if (ids.empty() || held_.settle_doubt(ids).has_value()) {
        return true;
    }
    const std::scoped_lock lock(mutex_);
    open_.merge(settling);
    any_taken_ = true;
    return false;
}

}  // namespace holdback::flow
