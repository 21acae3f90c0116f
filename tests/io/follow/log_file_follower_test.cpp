// SPDX-License-Identifier: Apache-2.0
#include "io/follow/log_file_follower.hpp"

#include "io/follow/line_splitter.hpp"
#include "ports/log_source.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::follow {

namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// A log in a directory of its own, and who follows it.
struct Fixture {
    support::TempDir directory;
    std::string path = directory.file("mail.log");
    std::optional<LogFileFollower> follower;
    std::string position;
    int rotations = 0;

    void write(std::string_view text) const {
        std::ofstream(path, std::ios::binary | std::ios::app) << text;
    }
    void rewrite(std::string_view text) const {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    }
    [[nodiscard]] std::string named(std::string_view name) const { return directory.file(name); }
    /// The times of files that are rotated within a tick of the system's clock tell nothing, so
    /// each gets a time that is a minute after the one before.
    void rotate(std::string_view name = "mail.log.1") {
        std::filesystem::rename(path, named(name));
        std::filesystem::last_write_time(named(name),
                                         std::filesystem::file_time_type::clock::now() - 24h +
                                             std::chrono::minutes(++rotations));
    }
    /// As at a start, with the position that was recorded last.
    void restart() {
        follower.emplace(path, 1ms);
        follower->seek(position);
    }
    ports::LogBatch read(std::size_t most = 1000) {
        ports::LogBatch batch =
            follower->read(most, std::chrono::steady_clock::now() + 10ms, std::stop_token{});
        position = batch.position;
        return batch;
    }
    Lines lines(std::size_t most = 1000) { return read(most).lines; }
};

std::string numbered(int first, int last) {
    std::string text;
    for (int i = first; i <= last; ++i) {
        text += "line " + std::to_string(i) + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("what is appended comes line by line, an unfinished line when it is finished") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\nb\nc");
    CHECK(log.lines() == Lines{"a", "b"});
    log.write("d\n\n");
    CHECK(log.lines() == Lines{"cd", ""});
    CHECK(log.lines().empty());
}

TEST_CASE("a restart goes on where the last position was") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write(numbered(1, 5));
    CHECK(log.lines(2) == Lines{"line 1", "line 2"});
    log.write("half");
    log.restart();
    CHECK(log.lines() == Lines{"line 3", "line 4", "line 5"});
    log.restart();
    log.write(" line\n");
    CHECK(log.lines() == Lines{"half line"});
}

TEST_CASE("a start within a line begins with that line") {
    Fixture log;
    log.write("before\nha");
    log.restart();
    CHECK(log.lines().empty());
    log.write("lf\n");
    CHECK(log.lines() == Lines{"half"});
}

TEST_CASE("a log that is not there yet is read from its start, and its absence is told") {
    Fixture log;
    log.restart();
    const ports::LogBatch batch = log.read();
    CHECK(batch.lines.empty());
    CHECK(batch.trouble == log.path + ": No such file or directory");
    log.write("a\n");
    CHECK(log.lines() == Lines{"a"});
    CHECK(log.read().trouble.empty());
}

TEST_CASE("rotation while we run loses and doubles nothing") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\n");
    log.rotate();
    SUBCASE("the new file comes later") {
        CHECK(log.lines() == Lines{"a"});
        CHECK(log.read().trouble.empty());
        log.write("b\n");
        CHECK(log.lines() == Lines{"b"});
    }
    SUBCASE("the writer keeps to the old file while the new one is empty") {
        log.write("");
        CHECK(log.lines() == Lines{"a"});
        std::ofstream(log.named("mail.log.1"), std::ios::app) << "late\n";
        CHECK(log.lines() == Lines{"late"});
        log.write("b\n");
        CHECK(log.lines() == Lines{"b"});
    }
    SUBCASE("both have news") {
        log.write("b\n");
        CHECK(log.lines() == Lines{"a", "b"});
    }
    SUBCASE("twice between two looks") {
        log.write("b\n");
        log.rotate("mail.log-20260101");
        log.write("c\n");
        CHECK(log.lines() == Lines{"a", "b", "c"});
    }
}

TEST_CASE("rotation while we are away loses and doubles nothing") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\n");
    CHECK(log.lines() == Lines{"a"});
    log.write("b\n");
    log.rotate("mail.log.2");
    SUBCASE("once") {
        log.write("c\n");
        log.restart();
        CHECK(log.lines() == Lines{"b", "c"});
    }
    SUBCASE("twice, beside files that are none of ours") {
        log.write("c\n");
        log.rotate("mail.log.1");
        std::ofstream(log.named("mail.log.0.gz")) << "junk\n";
        std::ofstream(log.named("mail.log.extract")) << "c\n";
        std::ofstream(log.named("mail.log-not")) << "c\n";
        log.write("d\n");
        log.restart();
        CHECK(log.lines(2) == Lines{"b", "c"});
        log.restart();
        CHECK(log.lines() == Lines{"d"});
    }
    SUBCASE("and the old file is gone") {
        std::filesystem::remove(log.named("mail.log.2"));
        log.write("c\n");
        log.restart();
        CHECK(log.lines() == Lines{"c"});
    }
}

TEST_CASE("a log that comes back is taken up where it was left") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\n");
    CHECK(log.lines() == Lines{"a"});
    std::filesystem::rename(log.path, log.named("away"));
    log.follower.emplace(log.path, 1ms);
    log.follower->seek(log.position);
    CHECK(log.follower->read(9, std::chrono::steady_clock::now(), std::stop_token{}).trouble ==
          log.path + ": No such file or directory");
    std::filesystem::rename(log.named("away"), log.path);
    log.write("b\n");
    CHECK(log.lines() == Lines{"b"});
}

TEST_CASE("truncation begins anew") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\n");
    CHECK(log.lines() == Lines{"a"});
    SUBCASE("to nothing") {
        log.rewrite("");
        CHECK(log.lines().empty());
        log.write("b\n");
        CHECK(log.lines() == Lines{"b"});
    }
    SUBCASE("with less than there was") {
        log.rewrite("b\n");
        CHECK(log.lines() == Lines{"b"});
    }
    SUBCASE("with as much as there was, or more") {
        log.rewrite("bbbbbb\nc\nd\n");
        CHECK(log.lines() == Lines{"bbbbbb", "c", "d"});
    }
    SUBCASE("while we are away") {
        log.rewrite("bbbbbb\nc\nd\n");
        log.restart();
        CHECK(log.lines() == Lines{"bbbbbb", "c", "d"});
    }
}

TEST_CASE("after a copy and a truncation the copy is read to its end") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\n");
    CHECK(log.lines() == Lines{"a"});
    log.write("b\n");
    std::filesystem::copy_file(log.path, log.named("mail.log.1"));
    log.rewrite("c\n");
    SUBCASE("while we run") {
        CHECK(log.lines() == Lines{"b", "c"});
    }
    SUBCASE("while we are away") {
        log.restart();
        CHECK(log.lines() == Lines{"b", "c"});
        log.restart();
        CHECK(log.lines().empty());
    }
}

TEST_CASE("lines over the limit are read over and counted") {
    Fixture log;
    log.write("before\n");
    log.restart();
    CHECK(log.lines().empty());
    log.write("a\n" + std::string(200'000, 'x'));
    CHECK(log.lines() == Lines{"a"});
    log.restart();
    CHECK(log.lines().empty());
    log.write(std::string(5, 'x') + "\nb\n" + std::string(kLongestLogLine + 1, 'y') + "\n" +
              std::string(kLongestLogLine, 'z') + "\n");
    const ports::LogBatch batch = log.read();
    CHECK(batch.lines == Lines{"b", std::string(kLongestLogLine, 'z')});
    CHECK(batch.skipped == 2);
    log.restart();
    log.write("c\n");
    CHECK(log.lines() == Lines{"c"});
}

TEST_CASE("however reading is interrupted, each line comes once") {
    Fixture log;
    log.write(numbered(0, 0));
    log.restart();
    CHECK(log.lines().empty());
    Lines want;
    Lines got;
    for (int round = 0; round < 60; ++round) {
        const int first = 1 + (round * 7);
        log.write(numbered(first, first + 6));
        for (int i = first; i < first + 7; ++i) {
            want.push_back("line " + std::to_string(i));
        }
        if (round % 5 == 1) {
            log.rotate("mail.log." + std::to_string(1000 + round));
        }
        if (round % 3 == 0) {
            log.restart();
        }
        for (std::string& line : log.lines(static_cast<std::size_t>(round % 11) + 1)) {
            got.push_back(std::move(line));
        }
    }
    for (int i = 0; i < 20; ++i) {
        for (std::string& line : log.lines()) {
            got.push_back(std::move(line));
        }
    }
    CHECK(got == want);
}

TEST_CASE("what is no file of lines is told") {
    Fixture log;
    std::filesystem::create_directory(log.path);
    log.restart();
    CHECK(log.read().trouble == log.path + ": is not a regular file");
}

TEST_CASE("positions are texts and back") {
    const FilePosition position{.device = 5, .inode = 7, .offset = 99, .fingerprint = "ab"};
    CHECK(FilePosition::parse(position.text()) == position);
    for (const std::string_view text :
         {"", "v1", "v2 5 7 99 ab", "v1 5 7 99", "v1 5 7 x ab", "v1 5 7 18446744073709551615 ab"}) {
        CAPTURE(text);
        CHECK_FALSE(FilePosition::parse(text).has_value());
    }
}

}  // namespace holdback::io::follow
