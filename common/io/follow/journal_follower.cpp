// SPDX-License-Identifier: Apache-2.0
#include "io/follow/journal_follower.hpp"

#include "core/clock.hpp"
#include "core/handle.hpp"
#include "core/iso_time.hpp"
#include "core/text.hpp"
#include "ports/log_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <pwd.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <systemd/sd-journal.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::follow {

namespace {

// The time between two looks at the request to stop.
constexpr std::chrono::milliseconds kPatience{200};

// A value of this length may have been cut off.
constexpr std::size_t kLongestValue = 65'536;

/// The programs of Postfix that log what becomes of mail, and those of Sendmail. A user who may run
/// one command as root, such as logger(1), is no MTA.
constexpr std::array<std::string_view, 24> kPrograms{
    "anvil", "bounce",    "cleanup",   "discard", "dnsblog",      "error",
    "flush", "lmtp",      "local",     "master",  "oqmgr",        "pickup",
    "pipe",  "postqueue", "postsuper", "qmgr",    "sendmail",     "sendmail-msp",
    "showq", "smtp",      "smtpd",     "tlsmgr",  "sendmail-mta", "virtual",
};

/// Frees texts of sd-journal, which come from malloc.
void free_text(char* text) {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): see above
    std::free(text);
}
using MallocText = core::Handle<char, &free_text>;

/// A value as one word of a log line.
std::string word(std::optional<std::string> value, std::string_view otherwise) {
    std::string text =
        value.has_value() && !value->empty() ? *std::move(value) : std::string(otherwise);
    std::ranges::replace_if(text, core::is_ascii_space, '_');
    return text;
}

core::TimePoint time_of(std::uint64_t microseconds) {
    return core::TimePoint(std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::microseconds(static_cast<std::int64_t>(microseconds))));
}

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

void JournalFollower::Close::operator()(sd_journal* journal) const {
    sd_journal_close(journal);
}

JournalFollower::JournalFollower(std::vector<std::uint32_t> writers, std::string directory)
    : writers_(std::move(writers)), directory_(std::move(directory)) {}

void JournalFollower::seek(std::string_view position) {
    journal_.reset();
    is_on_entry_ = false;
    cursor_ = position;
    follow_from_ = core::SystemClock().now();
    trouble_.clear();
}

void JournalFollower::fail(std::string_view what, int error) {
    trouble_ =
        fmt::format("the journal can't be {}: {}", what, std::generic_category().message(-error));
    journal_.reset();
}

bool JournalFollower::open() {
    sd_journal* opened = nullptr;
    int result = directory_.empty()
                     ? sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                     : sd_journal_open_directory(&opened, directory_.c_str(), 0);
    journal_.reset(opened);
    std::uint64_t octets = 0;
    if (result >= 0) {
        // Files that we may not read are left out without an error.
        result = sd_journal_get_usage(opened, &octets);
    }
    if (result >= 0 && octets == 0) {
        trouble_ =
            "the journal has no file that can be read: it needs journald, and the daemon's "
            "user in the group systemd-journal";
        journal_.reset();
        return false;
    }
    if (result >= 0) {
        result = sd_journal_set_data_threshold(opened, kLongestValue);
    }
    if (result >= 0) {
        result = sd_journal_add_match(opened, "SYSLOG_FACILITY=2", 0);
    }
    // The values of one field are alternatives; each field has to fit.
    for (const std::uint32_t writer : writers_) {
        if (result >= 0) {
            result = sd_journal_add_match(opened, fmt::format("_UID={}", writer).c_str(), 0);
        }
    }
    if (result >= 0) {
        result = go_to_cursor();
    }
    if (result < 0) {
        fail("opened", result);
        return false;
    }
    return true;
}

int JournalFollower::go_to_cursor() {
    sd_journal* const journal = journal_.get();
    if (!cursor_.empty()) {
        int result = sd_journal_seek_cursor(journal, cursor_.c_str());
        if (result >= 0) {
            result = sd_journal_next(journal);
            // When the file of the cursor has been removed, this entry is a later one.
            is_on_entry_ = result > 0 && sd_journal_test_cursor(journal, cursor_.c_str()) == 0;
        }
        if (result != -EINVAL) {
            return result;
        }
        cursor_.clear();  // it is no cursor
    }
    const int result = sd_journal_seek_tail(journal);
    if (result < 0) {
        return result;
    }
    // The last entry tells where we are, even if none comes for a long time.
    const int moved = sd_journal_previous(journal);
    is_on_entry_ = moved > 0;
    return moved;
}

JournalFollower::Next JournalFollower::next() {
    const int result = std::exchange(is_on_entry_, false) ? 1 : sd_journal_next(journal_.get());
    if (result == 0) {
        return Next::End;
    }
    char* text = nullptr;
    if (const int told = result < 0 ? result : sd_journal_get_cursor(journal_.get(), &text);
        told < 0) {
        fail("read", told);
        return Next::Trouble;
    }
    const MallocText cursor(text);
    cursor_ = cursor.get();
    return Next::Entry;
}

std::optional<std::string> JournalFollower::field(const char* name) const {
    const void* data = nullptr;
    std::size_t length = 0;
    if (sd_journal_get_data(journal_.get(), name, &data, &length) < 0) {
        return std::nullopt;
    }
    std::string_view value(static_cast<const char*>(data), length);
    value.remove_prefix(std::min(value.size(), std::string_view(name).size() + 1));
    return std::string(value);
}

bool JournalFollower::is_old() const {
    std::uint64_t microseconds = 0;
    return sd_journal_get_realtime_usec(journal_.get(), &microseconds) >= 0 &&
           time_of(microseconds) < follow_from_;
}

bool JournalFollower::is_of_an_mta() const {
    // It is missing when the process ended before the journal looked.
    const std::optional<std::string> program = field("_COMM");
    return !program.has_value() || std::ranges::find(kPrograms, *program) != kPrograms.end();
}

std::string JournalFollower::line() const {
    std::optional<std::string> message = field("MESSAGE");
    std::uint64_t microseconds = 0;
    if (!message.has_value() || message->size() + sizeof("MESSAGE") > kLongestValue ||
        sd_journal_get_realtime_usec(journal_.get(), &microseconds) < 0) {
        return {};
    }
    std::ranges::replace(*message, '\n', ' ');
    const std::string process = word(field("SYSLOG_PID"), "");
    return fmt::format("{} {} {}{}: {}",
                       core::iso_time_ms(time_of(microseconds)),
                       word(field("_HOSTNAME"), "localhost"),
                       word(field("SYSLOG_IDENTIFIER"), "unknown"),
                       process.empty() ? "" : fmt::format("[{}]", process),
                       *message);
}

void JournalFollower::take_entry(bool is_first, ports::LogBatch& batch) {
    trouble_.clear();
    if ((is_first && is_old()) || !is_of_an_mta()) {
        return;
    }
    std::string text = line();
    if (text.empty()) {
        ++batch.skipped;
    } else {
        batch.lines.push_back(std::move(text));
    }
}

bool JournalFollower::wait_until(core::SteadyPoint deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(std::min<core::SteadyPoint::duration>(
            deadline - std::chrono::steady_clock::now(), kPatience));
    if (left.count() <= 0) {
        return false;
    }
    const int woken = sd_journal_wait(journal_.get(), static_cast<std::uint64_t>(left.count()));
    if (woken < 0 && woken != -EINTR) {
        fail("followed", woken);
        return false;
    }
    return true;
}

ports::LogBatch JournalFollower::read(std::size_t most,
                                      core::SteadyPoint deadline,
                                      const std::stop_token& stop) {
    ports::LogBatch batch;
    bool goes_on = true;
    while (goes_on && batch.lines.size() < most && !stop.stop_requested() &&
           (journal_ != nullptr || open())) {
        const bool is_first = cursor_.empty();
        switch (next()) {
            case Next::Entry:
                take_entry(is_first, batch);
                break;
            case Next::End:
                goes_on = batch.lines.empty() && wait_until(deadline);
                break;
            case Next::Trouble:
                goes_on = false;
                break;
        }
    }
    batch.position = cursor_;
    batch.trouble = trouble_;
    return batch;
}

}  // namespace holdback::io::follow
