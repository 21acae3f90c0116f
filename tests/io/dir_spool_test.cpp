// SPDX-License-Identifier: Apache-2.0
#include "io/dir_spool.hpp"

#include "core/clock.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

namespace {

using holdback::io::DirSpool;
using holdback::support::ManualClock;
using holdback::support::TempDir;

std::string commit(DirSpool& spool, std::string_view octets) {
    const auto writer = spool.begin();
    REQUIRE(writer.has_value());
    REQUIRE((*writer)->append(octets).has_value());
    const auto id = (*writer)->commit();
    REQUIRE(id.has_value());
    return *id;
}

std::optional<std::string> read_all(const DirSpool& spool, std::string_view id) {
    std::string octets;
    const auto result = spool.read(id, [&](std::string_view piece) {
        octets += piece;
        return true;
    });
    return result.has_value() ? std::optional(octets) : std::nullopt;
}

std::size_t files_in(const std::string& directory) {
    std::size_t number = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) {
        ++number;
    }
    return number;
}

unsigned mode_of(const std::string& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
}

}  // namespace

TEST_CASE("a committed message is read back octet by octet") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.file("held"), clock);
    CHECK(mode_of(directory.file("held")) == 0700U);
    const std::string large(300'000, 'x');
    const auto writer = spool.begin();
    REQUIRE(writer.has_value());
    REQUIRE((*writer)->append(std::string_view("a\0\r\n\xFF", 5)).has_value());
    REQUIRE((*writer)->append(large).has_value());
    REQUIRE((*writer)->append("end").has_value());
    CHECK(spool.ids().value().empty());
    const auto id = (*writer)->commit();
    REQUIRE(id.has_value());
    CHECK(spool.ids().value() == std::vector<std::string>{*id});
    CHECK(mode_of(directory.file("held/" + *id + ".eml")) == 0600U);
    CHECK(read_all(spool, *id) == std::string("a\0\r\n\xFF", 5) + large + "end");

    std::size_t pieces = 0;
    std::size_t longest = 0;
    REQUIRE(spool
                .read(*id,
                      [&](std::string_view piece) {
                          longest = std::max(longest, piece.size());
                          return ++pieces < 3;
                      })
                .has_value());
    CHECK(pieces == 3);
    CHECK(longest == 65'536);
    CHECK(read_all(spool, commit(spool, "")) == "");
}

TEST_CASE("a message that is not committed leaves nothing behind") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    {
        const auto writer = spool.begin();
        REQUIRE(writer.has_value());
        REQUIRE((*writer)->append(std::string(200'000, 'x')).has_value());
        CHECK(files_in(directory.path()) == 1);
    }
    CHECK(files_in(directory.path()) == 0);
}

TEST_CASE("a writer is of no use after its commit, and takes nothing back") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    {
        const auto writer = spool.begin();
        REQUIRE(writer.has_value());
        REQUIRE((*writer)->commit().has_value());
        CHECK_FALSE((*writer)->append("x").has_value());
        CHECK_FALSE((*writer)->commit().has_value());
    }
    CHECK(spool.ids().value().size() == 1);
}

TEST_CASE("a removed message is gone, and removing it again is no error") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    const std::string id = commit(spool, "one");
    CHECK(spool.remove(id).has_value());
    CHECK(spool.remove(id).has_value());
    CHECK_FALSE(read_all(spool, id).has_value());
    CHECK(spool.ids().value().empty());
}

TEST_CASE("ids sort by age") {
    const TempDir directory;
    ManualClock clock;
    DirSpool spool(directory.path(), clock);
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(commit(spool, "x"));
        clock.advance(std::chrono::milliseconds(1));
    }
    CHECK(spool.ids().value() == ids);
}

TEST_CASE("only what can be an id becomes part of a path") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.file("held"), clock);
    std::ofstream(directory.file("secret.eml")) << "secret";
    const std::string id = commit(spool, "x");
    std::string shouted = id;
    shouted.replace(12, 1, "_");
    for (const std::string& bad : {std::string("../secret"),
                                   std::string(),
                                   std::string("."),
                                   id + "/",
                                   "/" + id,
                                   id + "0",
                                   shouted,
                                   std::string(29, '/'),
                                   std::string(12, '.') + "-" + std::string(16, '.')}) {
        CAPTURE(bad);
        CHECK_FALSE(read_all(spool, bad).has_value());
        CHECK_FALSE(spool.remove(bad).has_value());
    }
    CHECK(std::filesystem::exists(directory.file("secret.eml")));
    CHECK(spool.ids().value().size() == 1);
}

TEST_CASE("files that are not ours are neither listed nor removed nor followed") {
    const TempDir directory;
    const ManualClock clock;
    std::ofstream(directory.file("README")) << "note";
    std::ofstream(directory.file("x.part")) << "note";
    std::ofstream(directory.file("target")) << "secret";
    const std::string id = "018bcfe56800-0123456789abcdef";
    std::filesystem::create_symlink(directory.file("target"), directory.file(id + ".eml"));
    const DirSpool spool(directory.path(), clock, std::chrono::seconds(0));
    CHECK(spool.ids().value() == std::vector<std::string>{id});
    CHECK_FALSE(read_all(spool, id).has_value());
    CHECK(files_in(directory.path()) == 4);
}

TEST_CASE("old leftovers of a crash are removed at start, young ones belong to somebody") {
    const TempDir directory;
    const holdback::core::SystemClock clock;
    const std::string old_file = directory.file("018bcfe56800-0123456789abcdef.part");
    const std::string young_file = directory.file("018bcfe56801-0123456789abcdef.part");
    std::ofstream(old_file) << "x";
    std::ofstream(young_file) << "x";
    std::filesystem::last_write_time(
        old_file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
    const DirSpool spool(directory.path(), clock);
    CHECK_FALSE(std::filesystem::exists(old_file));
    CHECK(std::filesystem::exists(young_file));
}

TEST_CASE("a spool without a directory cannot be made") {
    const TempDir directory;
    const ManualClock clock;
    std::ofstream(directory.file("file")) << "x";
    CHECK_THROWS_WITH_AS(DirSpool(directory.file("absent/held"), clock),
                         doctest::Contains("absent/held: No such file or directory"),
                         std::system_error);
    CHECK_THROWS_WITH_AS(DirSpool(directory.file("file"), clock),
                         doctest::Contains("file: Not a directory"),
                         std::system_error);
}

TEST_CASE("a directory that goes away gives errors until it is back") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.file("held"), clock);
    const auto begun = spool.begin();
    REQUIRE(begun.has_value());
    std::filesystem::rename(directory.file("held"), directory.file("away"));
    CHECK_FALSE((*begun)->commit().has_value());
    const auto writer = spool.begin();
    REQUIRE_FALSE(writer.has_value());
    CHECK(writer.error().what.find(": open: No such file or directory") != std::string::npos);
    CHECK_FALSE(spool.ids().has_value());
    std::filesystem::rename(directory.file("away"), directory.file("held"));
    CHECK(commit(spool, "x").size() == 29);
}

TEST_CASE("a full or read-only disk is said, leaves no debris, and does not stay so") {
    const TempDir directory;
    if (geteuid() != 0 || mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
        MESSAGE("needs root and tmpfs: skipped");
        return;
    }
    {
        const ManualClock clock;
        DirSpool spool(directory.path(), clock);
        const std::string large(400'000, 'x');
        const auto full = spool.begin();
        REQUIRE(full.has_value());
        const auto appended = (*full)->append(large);
        REQUIRE_FALSE(appended.has_value());
        CHECK(appended.error().what.find(": write: No space left on device") != std::string::npos);
        CHECK_FALSE((*full)->commit().has_value());
        CHECK(files_in(directory.path()) == 0);
        // Small pieces are collected: the commit finds out.
        const auto slow = spool.begin();
        REQUIRE(slow.has_value());
        bool failed = false;
        for (int i = 0; i < 40 && !failed; ++i) {
            failed = !(*slow)->append(large.substr(0, 10'000)).has_value();
        }
        CHECK_FALSE((*slow)->commit().has_value());
        CHECK(files_in(directory.path()) == 0);
        commit(spool, "x");

        REQUIRE(
            mount(nullptr, directory.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) ==
            0);
        const auto read_only = spool.begin();
        REQUIRE_FALSE(read_only.has_value());
        CHECK(read_only.error().what.find(": open: Read-only file system") != std::string::npos);
        CHECK_FALSE(spool.remove(spool.ids().value().front()).has_value());
        CHECK_THROWS_AS(DirSpool(directory.path(), clock), std::system_error);
    }
    umount(directory.path().c_str());
}

TEST_CASE("a directory without rights is said") {
    if (geteuid() != 0) {
        MESSAGE("needs root: skipped");
        return;
    }
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    REQUIRE(seteuid(65534) == 0);
    const auto writer = spool.begin();
    const bool said = !writer.has_value() &&
                      writer.error().what.find(": open: Permission denied") != std::string::npos;
    REQUIRE(seteuid(0) == 0);
    CHECK(said);
}

TEST_CASE("threads write side by side") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                for (int k = 0; k < 10; ++k) {
                    const auto writer = spool.begin();
                    static_cast<void>(
                        (*writer)->append(std::string(1'000, static_cast<char>('a' + i))));
                    static_cast<void>((*writer)->commit());
                }
            });
        }
    }
    const auto ids = spool.ids().value();
    CHECK(ids.size() == 40);
    for (const std::string& id : ids) {
        const std::string octets = read_all(spool, id).value_or("none");
        CHECK(octets == std::string(1'000, octets.front()));
    }
}
