// SPDX-License-Identifier: Apache-2.0
#include "io/follow/journal_follower.hpp"

#include "io/system/child_process.hpp"
#include "ports/log_source.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::follow {

namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr std::string_view kRemote = "/lib/systemd/systemd-journal-remote";

bool can_run() {
    const bool all = std::filesystem::exists(kRemote);
    if (!all) {
        MESSAGE("skipped: systemd-journal-remote is not installed");
    }
    return all;
}

constexpr std::uint32_t kMta = 107;
constexpr std::uint32_t kUser = 1000;
constexpr std::uint64_t kFirst = 1'700'000'000'123'456;

std::string exported(std::uint64_t microseconds,
                     std::string_view message,
                     int facility = 2,
                     std::uint32_t user = kMta,
                     std::string_view program = "_COMM=smtp\n") {
    return fmt::format(
        "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={:0>32}\n_HOSTNAME=mx\n"
        "_UID={}\n{}SYSLOG_FACILITY={}\nSYSLOG_IDENTIFIER=postfix/smtp\nSYSLOG_PID=77\n"
        "MESSAGE={}\n\n",
        microseconds,
        microseconds,
        1,
        user,
        program,
        facility,
        message);
}

/// A directory of journal files.
struct Journal {
    support::TempDir directory;
    int files = 0;

    void add(const std::string& entries) {
        const std::string source = directory.file("in.export");
        std::ofstream(source, std::ios::binary | std::ios::trunc) << entries;
        auto process =
            system::ChildProcess::start(std::string(kRemote),
                                        {"systemd-journal-remote",
                                         "-o",
                                         directory.file(fmt::format("{}.journal", ++files)),
                                         source},
                                        std::chrono::steady_clock::now() + 10s);
        REQUIRE(process.has_value());
        const auto end = process->finish();
        REQUIRE(end.has_value());
        REQUIRE(end->status == 0);
    }
    [[nodiscard]] JournalFollower follower() const {
        return JournalFollower({0, kMta}, directory.path());
    }
};

/// Reads until there are so many lines, or time is up.
Lines read_lines(JournalFollower& follower, std::size_t count, std::string& position) {
    Lines lines;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (lines.size() < count && std::chrono::steady_clock::now() < deadline) {
        ports::LogBatch batch =
            follower.read(1000, std::chrono::steady_clock::now() + 100ms, std::stop_token{});
        lines.insert(lines.end(), batch.lines.begin(), batch.lines.end());
        position = batch.position;
    }
    return lines;
}

std::string iso(int second, std::string_view message) {
    return fmt::format("2023-11-14T22:13:{:02}.123Z mx postfix/smtp[77]: {}", second, message);
}

}  // namespace

TEST_CASE("the journal is followed from its end, and after a restart from the cursor") {
    if (!can_run()) {
        return;
    }
    Journal journal;
    journal.add(exported(kFirst, "old") + exported(kFirst + 1, "of no interest", 3));
    JournalFollower first = journal.follower();
    first.seek("");
    std::string position;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (position.empty() && std::chrono::steady_clock::now() < deadline) {
        CHECK(read_lines(first, 0, position).empty());
        const ports::LogBatch batch =
            first.read(10, std::chrono::steady_clock::now() + 100ms, std::stop_token{});
        CHECK(batch.lines.empty());
        CHECK(batch.trouble.empty());
        position = batch.position;
    }
    REQUIRE_FALSE(position.empty());

    journal.add(exported(kFirst + 1'000'000, "a") +
                exported(kFirst + 1'400'000, "by logger(1)", 2, kUser) +
                exported(kFirst + 1'500'000, "by logger(1) of root", 2, 0, "_COMM=logger\n") +
                exported(kFirst + 1'600'000, "of a process that is gone", 2, kMta, "") +
                exported(kFirst + 2'000'000, "b"));
    JournalFollower second = journal.follower();
    second.seek(position);
    CHECK(read_lines(second, 3, position) ==
          Lines{iso(21, "a"),
                "2023-11-14T22:13:21.723Z mx postfix/smtp[77]: of a process that is gone",
                iso(22, "b")});
    JournalFollower third = journal.follower();
    third.seek(position);
    journal.add(exported(kFirst + 3'000'000, "c"));
    CHECK(read_lines(third, 1, position) == Lines{iso(23, "c")});
    // A file comes while we follow.
    journal.add(exported(kFirst + 4'000'000, "d"));
    CHECK(read_lines(third, 1, position) == Lines{iso(24, "d")});
}

TEST_CASE("where the file of the cursor has been removed, the next entry is not lost") {
    if (!can_run()) {
        return;
    }
    Journal journal;
    journal.add(exported(kFirst, "old"));
    std::string position;
    JournalFollower first = journal.follower();
    first.seek("");
    CHECK(read_lines(first, 0, position).empty());
    const ports::LogBatch batch =
        first.read(10, std::chrono::steady_clock::now() + 100ms, std::stop_token{});
    REQUIRE_FALSE(batch.position.empty());
    std::filesystem::remove(journal.directory.file("1.journal"));
    journal.add(exported(kFirst + 1'000'000, "a") + exported(kFirst + 2'000'000, "b"));
    JournalFollower second = journal.follower();
    second.seek(batch.position);
    CHECK(read_lines(second, 2, position) == Lines{iso(21, "a"), iso(22, "b")});
}

TEST_CASE("what is no cursor means the end of the journal") {
    if (!can_run()) {
        return;
    }
    Journal journal;
    journal.add(exported(kFirst, "old"));
    JournalFollower follower = journal.follower();
    follower.seek("line 5");
    const ports::LogBatch batch =
        follower.read(10, std::chrono::steady_clock::now() + 100ms, std::stop_token{});
    CHECK(batch.lines.empty());
    CHECK(batch.trouble.empty());
    CHECK_FALSE(batch.position.empty());
}

TEST_CASE("a message of the greatest length is skipped, and counted") {
    if (!can_run()) {
        return;
    }
    Journal journal;
    journal.add(exported(kFirst, "old"));
    JournalFollower follower = journal.follower();
    follower.seek("");
    std::string position;
    CHECK(read_lines(follower, 0, position).empty());
    static_cast<void>(
        follower.read(10, std::chrono::steady_clock::now() + 100ms, std::stop_token{}));
    journal.add(exported(kFirst + 1'000'000, std::string(70'000, 'x')) +
                exported(kFirst + 2'000'000, "b"));
    std::uint64_t skipped = 0;
    Lines lines;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (lines.empty() && std::chrono::steady_clock::now() < deadline) {
        ports::LogBatch batch =
            follower.read(1000, std::chrono::steady_clock::now() + 100ms, std::stop_token{});
        skipped += batch.skipped;
        lines = std::move(batch.lines);
    }
    CHECK(lines == Lines{iso(22, "b")});
    CHECK(skipped == 1);
}

TEST_CASE("a journal that cannot be read is told, and is read as soon as it can be") {
    JournalFollower absent({}, "/nonexistent/journal");
    absent.seek("");
    const auto soon = [] { return std::chrono::steady_clock::now() + 100ms; };
    CHECK(absent.read(1, soon(), std::stop_token{}).trouble ==
          "the journal can't be opened: No such file or directory");
    if (!can_run()) {
        return;
    }
    Journal journal;
    JournalFollower follower = journal.follower();
    follower.seek("");
    CHECK(follower.read(1, soon(), std::stop_token{})
              .trouble.starts_with("the journal has no file that can be read"));
    journal.add(exported(kFirst, "old"));
    const ports::LogBatch batch = follower.read(1, soon(), std::stop_token{});
    CHECK(batch.trouble.empty());
    CHECK_FALSE(batch.position.empty());
}

}  // namespace holdback::io::follow
