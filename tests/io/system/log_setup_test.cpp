// SPDX-License-Identifier: Apache-2.0
#include "io/system/log_setup.hpp"

#include "config/settings.hpp"
#include "ports/log.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::system {
namespace {

namespace fs = std::filesystem;
using config::LogLevel;
using config::LogSettings;
using ports::Severity;

/// A log file in a directory of its own.
class LogFile {
public:
    [[nodiscard]] fs::path path() const { return directory_.file("holdback.log"); }
    [[nodiscard]] LogSettings settings(LogLevel level) const {
        return {.target = "file:" + path().string(), .level = level};
    }
    /// The lines without their time stamps and process numbers: "info: text".
    [[nodiscard]] static std::vector<std::string> lines(const fs::path& path) {
        std::ifstream stream(path);
        std::vector<std::string> result;
        for (std::string line; std::getline(stream, line);) {
            const std::string::size_type end = line.find("] ");
            REQUIRE(end != std::string::npos);
            result.push_back(line.substr(end + 2));
        }
        return result;
    }

private:
    support::TempDir directory_;
};

using Lines = std::vector<std::string>;

TEST_CASE("lines below the level are dropped") {
    struct Row {
        LogLevel level;
        Lines want;
    };
    const std::vector<Row> rows = {
        {LogLevel::Debug, {"debug: d", "info: i", "warning: w", "error: e"}},
        {LogLevel::Info, {"info: i", "warning: w", "error: e"}},
        {LogLevel::Warning, {"warning: w", "error: e"}},
        {LogLevel::Error, {"error: e"}},
    };
    for (const Row& row : rows) {
        CAPTURE(wire_name(row.level));
        const LogFile file;
        const auto log = make_log(file.settings(row.level));
        REQUIRE(log.has_value());
        (*log)->write(Severity::Debug, "d");
        (*log)->write(Severity::Info, "i");
        (*log)->write(Severity::Warning, "w");
        (*log)->write(Severity::Error, "e");
        CHECK(LogFile::lines(file.path()) == row.want);
    }
}

TEST_CASE("a log file is appended to, and others cannot read it") {
    const LogFile file;
    for (const std::string_view line : {"one", "two"}) {
        const auto log = make_log(file.settings(LogLevel::Info));
        REQUIRE(log.has_value());
        (*log)->write(Severity::Info, line);
    }
    CHECK(LogFile::lines(file.path()) == Lines{"info: one", "info: two"});
    CHECK((fs::status(file.path()).permissions() & fs::perms::others_all) == fs::perms::none);
}

TEST_CASE("applying the settings again lets a rotated file go") {
    const LogFile file;
    const auto log = make_log(file.settings(LogLevel::Info));
    REQUIRE(log.has_value());
    (*log)->write(Severity::Info, "before");
    const fs::path rotated = file.path().string() + ".1";
    fs::rename(file.path(), rotated);
    (*log)->write(Severity::Info, "still the old file");
    REQUIRE((*log)->apply(file.settings(LogLevel::Debug)).has_value());
    (*log)->write(Severity::Debug, "after");
    CHECK(LogFile::lines(rotated) == Lines{"info: before", "info: still the old file"});
    CHECK(LogFile::lines(file.path()) == Lines{"debug: after"});
}

TEST_CASE("a file that cannot be opened is an error, and the log stays as it was") {
    const LogFile file;
    const auto log = make_log(file.settings(LogLevel::Info));
    REQUIRE(log.has_value());
    const LogSettings bad{.target = "file:/nonexistent/holdback.log", .level = LogLevel::Error};
    const auto applied = (*log)->apply(bad);
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error().message ==
          "cannot open /nonexistent/holdback.log: No such file or directory");
    (*log)->write(Severity::Info, "still here");
    CHECK(LogFile::lines(file.path()) == Lines{"info: still here"});

    const auto made = make_log(bad);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message ==
          "cannot open /nonexistent/holdback.log: No such file or directory");
}

TEST_CASE("a line stays one line whatever it holds") {
    const LogFile file;
    const auto log = make_log(file.settings(LogLevel::Info));
    REQUIRE(log.has_value());
    (*log)->write(Severity::Info, "a\nb\r{}%s\x1b[31m");
    (*log)->write(Severity::Info, std::string_view("x\0y", 3));
    CHECK(LogFile::lines(file.path()) == Lines{"info: a?b?{}%s?[31m", "info: x?y"});
}

TEST_CASE("standard error gets whole lines, too") {
    const LogFile file;
    const int saved = ::dup(STDERR_FILENO);
    const int capture = ::creat(file.path().c_str(), 0600);
    REQUIRE(saved >= 0);
    REQUIRE(capture >= 0);
    REQUIRE(::dup2(capture, STDERR_FILENO) == STDERR_FILENO);
    const auto log = make_log({.target = "stderr", .level = LogLevel::Info});
    if (log.has_value()) {
        (*log)->write(Severity::Warning, "to the terminal");
    }
    static_cast<void>(::dup2(saved, STDERR_FILENO));
    ::close(saved);
    ::close(capture);
    REQUIRE(log.has_value());
    CHECK(LogFile::lines(file.path()) == Lines{"warning: to the terminal"});
}

TEST_CASE("lines that a file does not take come late, also when it is opened anew") {
    if (::access("/dev/full", W_OK) != 0) {
        return;
    }
    const LogFile file;
    const std::filesystem::path link = file.path().parent_path() / "link";
    std::filesystem::create_symlink("/dev/full", link);
    const config::LogSettings settings{.target = "file:" + link.string(), .level = LogLevel::Info};
    const auto log = make_log(settings);
    REQUIRE(log.has_value());
    (*log)->write(Severity::Info, "one");
    (*log)->write(Severity::Info, "two");
    CHECK((*log)->late() == 2);
    std::filesystem::remove(link);
    std::filesystem::create_symlink(file.path(), link);
    REQUIRE((*log)->apply(settings).has_value());
    (*log)->write(Severity::Info, "three");
    CHECK((*log)->late() == 0);
    CHECK((*log)->lost() == 0);
    CHECK(LogFile::lines(file.path()) == Lines{"error: log: 2 lines come late, and 0 lines after "
                                               "them are missing: No space left on device",
                                               "info: one",
                                               "info: two",
                                               "info: three"});
    // What no memory is left for is lost, and counted.
    std::filesystem::remove(link);
    std::filesystem::create_symlink("/dev/full", link);
    REQUIRE((*log)->apply(settings).has_value());
    const std::string long_line(100'000, 'x');
    for (int i = 0; i < 50; ++i) {
        (*log)->write(Severity::Info, long_line);
    }
    CHECK((*log)->late() + (*log)->lost() == 50);
    CHECK((*log)->lost() > 5);
}

TEST_CASE("journal and syslog can be opened and written to, or fall back, on any machine") {
    for (const std::string target : {"journal", "syslog"}) {
        CAPTURE(target);
        const auto log = make_log({.target = target, .level = LogLevel::Debug});
        REQUIRE(log.has_value());
        (*log)->write(Severity::Debug, "a line of the tests of holdback");
        CHECK((*log)->apply({.target = target, .level = LogLevel::Error}).has_value());
    }
}

TEST_CASE("threads may write while the settings change") {
    const LogFile file;
    const auto log = make_log(file.settings(LogLevel::Info));
    REQUIRE(log.has_value());
    {
        constexpr int kWriters = 4;
        std::vector<std::jthread> writers;
        writers.reserve(kWriters);
        for (int i = 0; i < kWriters; ++i) {
            writers.emplace_back([&log] {
                for (int n = 0; n < 200; ++n) {
                    (*log)->write(Severity::Info, "line");
                }
            });
        }
        for (int n = 0; n < 20; ++n) {
            CHECK((*log)->apply(file.settings(LogLevel::Info)).has_value());
        }
    }
    const Lines lines = LogFile::lines(file.path());
    CHECK(lines.size() == 800);
    CHECK(std::ranges::all_of(lines, [](const std::string& line) { return line == "info: line"; }));
}

}  // namespace
}  // namespace holdback::io::system
