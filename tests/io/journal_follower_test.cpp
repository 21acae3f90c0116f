// SPDX-License-Identifier: Apache-2.0
#include "io/journal_follower.hpp"

#include "io/child_process.hpp"
#include "io/journal_export.hpp"
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

namespace holdback::io {

namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr std::string_view kRemote = "/lib/systemd/systemd-journal-remote";
constexpr std::string_view kJournalctl = "/usr/bin/journalctl";

bool can_run() {
    const bool all = std::filesystem::exists(kRemote) && std::filesystem::exists(kJournalctl);
    if (!all) {
        MESSAGE("skipped: systemd-journal-remote or journalctl is not installed");
    }
    return all;
}

constexpr std::uint32_t kMta = 107;
constexpr std::uint32_t kUser = 1000;

std::string exported(std::uint64_t microseconds,
                     std::string_view message,
                     int facility = 2,
                     std::uint32_t user = kMta) {
    return fmt::format(
        "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={:0>32}\n_HOSTNAME=mx\n"
        "_UID={}\nSYSLOG_FACILITY={}\nSYSLOG_IDENTIFIER=postfix/smtp\nSYSLOG_PID=77\n"
        "MESSAGE={}\n\n",
        microseconds,
        microseconds,
        1,
        user,
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
        auto process = ChildProcess::start(std::string(kRemote),
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
        return JournalFollower(
            {0, kMta}, std::string(kJournalctl), {"--directory=" + directory.path()});
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

std::vector<JournalLine> entries_of(JournalExportReader& reader) {
    std::vector<JournalLine> entries;
    while (auto entry = reader.next()) {
        entries.push_back(*std::move(entry));
    }
    return entries;
}

}  // namespace

TEST_CASE("the journal is followed from its end, and after a restart from the cursor") {
    if (!can_run()) {
        return;
    }
    Journal journal;
    constexpr std::uint64_t kFirst = 1'700'000'000'123'456;
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
                exported(kFirst + 1'500'000, "by logger(1)", 2, kUser) +
                exported(kFirst + 2'000'000, "b"));
    JournalFollower second = journal.follower();
    second.seek(position);
    CHECK(read_lines(second, 2, position) ==
          Lines{"2023-11-14T22:13:21.123Z mx postfix/smtp[77]: a",
                "2023-11-14T22:13:22.123Z mx postfix/smtp[77]: b"});
    JournalFollower third = journal.follower();
    third.seek(position);
    journal.add(exported(kFirst + 3'000'000, "c"));
    CHECK(read_lines(third, 1, position) ==
          Lines{"2023-11-14T22:13:23.123Z mx postfix/smtp[77]: c"});
}

TEST_CASE("a journalctl that cannot run is told") {
    JournalFollower absent({}, "/nonexistent/journalctl");
    absent.seek("");
    CHECK(absent.read(1, std::chrono::steady_clock::now() + 100ms, std::stop_token{})
              .trouble.find("/nonexistent/journalctl") != std::string::npos);
    JournalFollower failing({}, "/bin/sh", {"-c", "echo No journal; exit 1"});
    failing.seek("");
    CHECK(failing.read(1, std::chrono::steady_clock::now() + 2s, std::stop_token{})
              .trouble.find("journalctl ended") != std::string::npos);
}

TEST_CASE("the export format is read however it is cut") {
    using namespace std::string_literals;
    const std::string octets =
        "__CURSOR=one\n__REALTIME_TIMESTAMP=1700000000123456\nMESSAGE\n\x05\0\0\0\0\0\0\0a\nb\xff="
        "\n"
        "SYSLOG_IDENTIFIER=post fix\n\n"
        "MESSAGE=no cursor\n__REALTIME_TIMESTAMP=1700000000123456\n\n"
        "__CURSOR=two\n__REALTIME_TIMESTAMP=1700000001000000\n_HOSTNAME=mx\nSYSLOG_PID=5\n"
        "SYSLOG_IDENTIFIER=sendmail\nMESSAGE=x=y\n\n"s;
    for (std::size_t piece = 1; piece < octets.size(); piece += 7) {
        CAPTURE(piece);
        JournalExportReader reader;
        std::vector<JournalLine> entries;
        for (std::size_t at = 0; at < octets.size(); at += piece) {
            reader.add(std::string_view(octets).substr(at, piece));
            for (JournalLine& entry : entries_of(reader)) {
                entries.push_back(std::move(entry));
            }
        }
        REQUIRE(entries.size() == 2);
        CHECK(entries[0].cursor == "one");
        CHECK(entries[0].line == "2023-11-14T22:13:20.123Z localhost post_fix: a b\xff=");
        CHECK(entries[1].cursor == "two");
        CHECK(entries[1].line == "2023-11-14T22:13:21.000Z mx sendmail[5]: x=y");
        CHECK(reader.take_complaint().empty());
    }
}

TEST_CASE("a value of the greatest length is read over as any other") {
    for (const std::size_t piece : {8U, 1000U}) {
        const std::string octets = "MESSAGE\n" + std::string(8, '\xff') +
                                   "\n\n__CURSOR=one\n__REALTIME_TIMESTAMP=1\nMESSAGE=no\n\n";
        JournalExportReader reader;
        for (std::size_t at = 0; at < octets.size(); at += piece) {
            reader.add(std::string_view(octets).substr(at, piece));
            CHECK(entries_of(reader).empty());
        }
    }
}

TEST_CASE("values that are too long are read over, and complaints are told") {
    using namespace std::string_literals;
    JournalExportReader reader;
    reader.add("Failed to open something.\n");
    reader.add("__CURSOR=one\n__REALTIME_TIMESTAMP=1\nMESSAGE="s);
    for (int i = 0; i < 20; ++i) {
        static_cast<void>(entries_of(reader));
        reader.add(std::string(10'000, 'x') + "__CURSOR=");
    }
    static_cast<void>(entries_of(reader));
    reader.add("\n\n__CURSOR=two\n__REALTIME_TIMESTAMP=1\nMESSAGE\n\x40\x42\x0f\0\0\0\0\0"s);
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(entries_of(reader));
        reader.add(std::string(9'999, 'x') + "\n");
    }
    reader.add("\nSYSLOG_PID=5\n\n__CURSOR=three\n__REALTIME_TIMESTAMP=1\nMESSAGE=ok\n\n");
    const std::vector<JournalLine> entries = entries_of(reader);
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].cursor == "two");
    CHECK(entries[0].line.empty());
    CHECK(entries[1].line == "1970-01-01T00:00:00.000Z localhost unknown: ok");
    CHECK(reader.take_complaint() == "Failed to open something.");
}

}  // namespace holdback::io
