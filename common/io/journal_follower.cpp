// SPDX-License-Identifier: Apache-2.0
#include "io/journal_follower.hpp"

#include "core/clock.hpp"
#include "io/child_process.hpp"
#include "io/journal_export.hpp"
#include "ports/log_source.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <pwd.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io {

namespace {

// Between two looks whether we are to stop.
constexpr std::chrono::milliseconds kPatience{200};

}  // namespace

std::vector<std::uint32_t> mta_accounts() {
    std::vector<std::uint32_t> numbers{0};
    for (const char* const name : {"postfix", "smmta", "smmsp"}) {
        passwd entry{};
        passwd* found = nullptr;
        std::array<char, 4096> room{};
        if (getpwnam_r(name, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
            numbers.push_back(entry.pw_uid);
        }
    }
    return numbers;
}

JournalFollower::JournalFollower(std::vector<std::uint32_t> writers,
                                 std::string program,
                                 std::vector<std::string> extra)
    : writers_(std::move(writers)), program_(std::move(program)), extra_(std::move(extra)) {}

void JournalFollower::seek(std::string_view position) {
    process_.reset();
    reader_ = {};
    cursor_ = position;
    follow_from_ = core::SystemClock().now();
    trouble_.clear();
}

bool JournalFollower::start() {
    std::vector<std::string> arguments{"journalctl"};
    arguments.insert(arguments.end(), extra_.begin(), extra_.end());
    arguments.insert(arguments.end(),
                     {"--follow",
                      "--quiet",
                      "--output=export",
                      "--output-fields=_HOSTNAME,SYSLOG_IDENTIFIER,SYSLOG_PID,MESSAGE"});
    if (cursor_.empty()) {
        // The last one tells where we are, though nothing may come for a long time.
        arguments.emplace_back("--lines=1");
    } else {
        arguments.emplace_back("--no-tail");
        arguments.push_back(fmt::format("--after-cursor={}", cursor_));
    }
    arguments.emplace_back("SYSLOG_FACILITY=2");
    // Of one field any of the values is enough; each field has to fit.
    for (const std::uint32_t writer : writers_) {
        arguments.push_back(fmt::format("_UID={}", writer));
    }
    auto process = ChildProcess::start(program_, arguments, core::SteadyPoint::max());
    if (!process.has_value()) {
        trouble_ = process.error();
        return false;
    }
    process_.emplace(*std::move(process));
    reader_ = {};
    return true;
}

bool JournalFollower::fill(core::SteadyPoint deadline) {
    if (!process_.has_value()) {
        return false;
    }
    const auto octets = process_->read(deadline);
    if (!octets.has_value()) {
        const std::string complaint = reader_.take_complaint();
        trouble_ = fmt::format("journalctl ended{}{}", complaint.empty() ? "" : ": ", complaint);
        process_.reset();
        return false;
    }
    reader_.add(*octets);
    return !octets->empty();
}

ports::LogBatch JournalFollower::read(std::size_t most,
                                      core::SteadyPoint deadline,
                                      const std::stop_token& stop) {
    ports::LogBatch batch;
    while (batch.lines.size() < most) {
        if (!process_.has_value() && !start()) {
            break;
        }
        if (auto entry = reader_.next()) {
            const bool is_old = cursor_.empty() && entry->at < follow_from_;
            cursor_ = std::move(entry->cursor);
            if (entry->line.empty()) {
                ++batch.skipped;
            } else if (!is_old) {
                batch.lines.push_back(std::move(entry->line));
            }
            trouble_.clear();
            continue;
        }
        const core::SteadyPoint now = std::chrono::steady_clock::now();
        const core::SteadyPoint until =
            batch.lines.empty() ? std::min(deadline, now + kPatience) : now;
        if (fill(until)) {
            continue;
        }
        if (!process_.has_value() || !batch.lines.empty() || stop.stop_requested() ||
            now >= deadline) {
            break;
        }
    }
    if (std::string complaint = reader_.take_complaint(); !complaint.empty()) {
        trouble_ = fmt::format("journalctl: {}", complaint);
    }
    batch.position = cursor_;
    batch.trouble = trouble_;
    return batch;
}

}  // namespace holdback::io
