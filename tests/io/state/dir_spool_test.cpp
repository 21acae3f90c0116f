// SPDX-License-Identifier: Apache-2.0
#include "io/state/dir_spool.hpp"

#include "core/clock.hpp"
#include "io/state/spool_file.hpp"
#include "terms/held.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <array>
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
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using holdback::io::state::DirSpool;
using holdback::io::state::SpoolFile;
using holdback::support::ManualClock;
using holdback::support::TempDir;

using holdback::terms::HeldMessage;
using holdback::terms::HeldRecipient;

HeldMessage commit(DirSpool& spool, std::string_view octets) {
    const auto writer = spool.begin();
    REQUIRE(writer.has_value());
    REQUIRE((*writer)->append(octets).has_value());
    const auto kept = (*writer)->commit({}, {});
    REQUIRE(kept.has_value());
    return *kept;
}

/// A message that was held by a version that wrote no labels and no digests.
HeldMessage put_old(const TempDir& directory, const std::string& id, std::string_view octets) {
    std::ofstream(directory.file(id + ".eml")) << octets;
    HeldMessage message;
    message.spool_id = id;
    message.octets = octets.size();
    return message;
}

HeldMessage with_id(std::string id) {
    HeldMessage message;
    message.spool_id = std::move(id);
    return message;
}

std::optional<std::string> read_all(const DirSpool& spool, const HeldMessage& message) {
    std::string octets;
    const auto result = spool.read(message, [&](std::string_view piece) {
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
    const auto kept = (*writer)->commit({}, {});
    REQUIRE(kept.has_value());
    CHECK(kept->octets == 300'008);
    CHECK(spool.ids().value() == std::vector<std::string>{kept->spool_id});
    CHECK(mode_of(directory.file("held/" + kept->spool_id + ".held")) == 0600U);
    CHECK(read_all(spool, *kept) == std::string("a\0\r\n\xFF", 5) + large + "end");

    std::size_t pieces = 0;
    std::size_t longest = 0;
    REQUIRE(spool
                .read(*kept,
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
        REQUIRE((*writer)->commit({}, {}).has_value());
        CHECK_FALSE((*writer)->append("x").has_value());
        CHECK_FALSE((*writer)->commit({}, {}).has_value());
    }
    CHECK(spool.ids().value().size() == 1);
}

TEST_CASE("a removed message is gone, and removing it again is no error") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    const HeldMessage kept = commit(spool, "one");
    const std::string& id = kept.spool_id;
    CHECK(spool.remove(id).has_value());
    CHECK(spool.remove(id).has_value());
    CHECK_FALSE(read_all(spool, kept).has_value());
    CHECK(spool.ids().value().empty());
}

TEST_CASE("behind the message stands who it is for, and it is not read with the message") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    HeldMessage message;
    message.sender = "news@example.org";
    message.sender_arguments = {"BODY=8BITMIME", "X-NEW=1"};
    HeldRecipient recipient;
    recipient.address = "Bo@example.net";
    const auto writer = spool.begin();
    REQUIRE(writer.has_value());
    REQUIRE((*writer)->append("Subject: hi\r\n\r\nHello.\r\n").has_value());
    const auto kept = (*writer)->commit(message, std::array{recipient});
    REQUIRE(kept.has_value());
    CHECK(kept->octets == 23);
    CHECK(kept->digest == "d43f62cd4dcd6b111385c4c1a515bd408e91f833931985be65982885a6c66795");
    CHECK(read_all(spool, *kept) == "Subject: hi\r\n\r\nHello.\r\n");

    const auto file = SpoolFile::open(directory.file(kept->spool_id + ".held"));
    REQUIRE(file.has_value());
    const auto label = file->label();
    REQUIRE(label.has_value());
    REQUIRE(label->has_value());
    CHECK((*label)->message == *kept);
    REQUIRE((*label)->recipients.size() == 1);
    CHECK((*label)->recipients.front().address == "Bo@example.net");
}

TEST_CASE("a copy that is not what was held is found out, and not read to its end") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    const std::string text(20'208, 'x');
    const HeldMessage kept = commit(spool, text);
    const std::string path = directory.file(kept.spool_id + ".held");
    CHECK(spool.check(kept).value().damage.empty());
    CHECK(spool.check(kept).value().digest == kept.digest);

    SUBCASE("changed octets") {
        std::fstream file(path, std::ios::in | std::ios::out);
        file.seekp(100);
        file << 'y';
        file.close();
        CHECK(spool.check(kept).value().damage ==
              "the copy in the spool has other octets than those that were held");
    }
    SUBCASE("cut") {
        std::filesystem::resize_file(path, 5'000);
        CHECK(spool.check(kept).value().damage == "the copy in the spool has 5000 octets of 20208");
    }
    SUBCASE("empty") {
        std::filesystem::resize_file(path, 0);
        CHECK(spool.check(kept).value().damage == "the copy in the spool has 0 octets of 20208");
    }
    SUBCASE("gone") {
        std::filesystem::remove(path);
        CHECK(spool.check(kept).value().damage == "the copy in the spool is gone");
    }
    SUBCASE("that of another message") {
        const HeldMessage other = commit(spool, std::string(20'208, 'z'));
        std::filesystem::rename(directory.file(other.spool_id + ".held"), path);
        CHECK_FALSE(spool.check(kept).value().damage.empty());
    }
    CHECK_FALSE(read_all(spool, kept).has_value());
}

TEST_CASE("a copy that can't be read now is not called damaged") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.file("held"), clock);
    const HeldMessage kept = commit(spool, "x");
    std::filesystem::rename(directory.file("held"), directory.file("away"));
    CHECK_FALSE(spool.check(kept).has_value());
    std::filesystem::rename(directory.file("away"), directory.file("held"));
    CHECK(spool.check(kept).value().damage.empty());
}

TEST_CASE("files of the first format are read, checked by their length, set aside and removed") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    const std::string id = "018bcfe56800-0123456789abcdef";
    const HeldMessage old = put_old(directory, id, "Subject: old\r\n\r\n");
    CHECK(spool.ids().value() == std::vector<std::string>{id});
    CHECK(read_all(spool, old) == "Subject: old\r\n\r\n");
    const auto check = spool.check(old);
    REQUIRE(check.has_value());
    CHECK(check->damage.empty());
    CHECK(check->digest.size() == 64);
    HeldMessage longer = old;
    longer.octets = 17;
    CHECK(spool.check(longer).value().damage == "the copy in the spool has 16 octets of 17");
    HeldMessage shorter = old;
    shorter.octets = 3;
    CHECK(spool.check(shorter).value().damage == "the copy in the spool has 16 octets of 3");
    SUBCASE("removed") {
        CHECK(spool.remove(id).has_value());
        CHECK(files_in(directory.path()) == 0);
    }
    SUBCASE("set aside") {
        CHECK(spool.set_aside(id).value() == directory.file("lost+found/" + id + ".eml"));
        CHECK(std::filesystem::exists(directory.file("lost+found/" + id + ".eml")));
        CHECK(mode_of(directory.file("lost+found")) == 0700U);
        CHECK(spool.ids().value().empty());
        CHECK_FALSE(spool.set_aside(id).has_value());
    }
}

TEST_CASE("what is set aside takes no other file's place, and a move cut off by a crash is ended") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.path(), clock);
    const std::string id = commit(spool, "x").spool_id;
    const std::string path = directory.file(id + ".held");
    REQUIRE(std::filesystem::exists(path));
    const std::string aside = directory.file("lost+found/" + id + ".held");
    std::filesystem::create_directory(directory.file("lost+found"));
    SUBCASE("another") {
        std::ofstream(aside) << "another";
        CHECK_FALSE(spool.set_aside(id).has_value());
        CHECK(std::filesystem::exists(path));
        CHECK(std::filesystem::file_size(aside) == 7);
    }
    SUBCASE("the same by two names") {
        std::filesystem::create_hard_link(path, aside);
        CHECK(spool.set_aside(id).value() == aside);
        CHECK_FALSE(std::filesystem::exists(path));
        CHECK(std::filesystem::exists(aside));
    }
}

TEST_CASE("ids sort by age") {
    const TempDir directory;
    ManualClock clock;
    DirSpool spool(directory.path(), clock);
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(commit(spool, "x").spool_id);
        clock.advance(std::chrono::milliseconds(1));
    }
    CHECK(spool.ids().value() == ids);
}

TEST_CASE("only what can be an id becomes part of a path") {
    const TempDir directory;
    const ManualClock clock;
    DirSpool spool(directory.file("held"), clock);
    std::ofstream(directory.file("secret.eml")) << "secret";
    const std::string id = commit(spool, "x").spool_id;
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
        CHECK_FALSE(read_all(spool, with_id(bad)).has_value());
        CHECK_FALSE(spool.check(with_id(bad)).has_value());
        CHECK_FALSE(spool.set_aside(bad).has_value());
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
    CHECK_FALSE(read_all(spool, with_id(id)).has_value());
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
    CHECK_FALSE((*begun)->commit({}, {}).has_value());
    const auto writer = spool.begin();
    REQUIRE_FALSE(writer.has_value());
    CHECK(writer.error().what.find(": open: No such file or directory") != std::string::npos);
    CHECK_FALSE(spool.ids().has_value());
    std::filesystem::rename(directory.file("away"), directory.file("held"));
    CHECK(commit(spool, "x").spool_id.size() == 29);
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
        CHECK_FALSE((*full)->commit({}, {}).has_value());
        CHECK(files_in(directory.path()) == 0);
        // Small pieces are collected: the commit finds out.
        const auto slow = spool.begin();
        REQUIRE(slow.has_value());
        bool failed = false;
        for (int i = 0; i < 40 && !failed; ++i) {
            failed = !(*slow)->append(large.substr(0, 10'000)).has_value();
        }
        CHECK_FALSE((*slow)->commit({}, {}).has_value());
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
                    static_cast<void>((*writer)->commit({}, {}));
                }
            });
        }
    }
    const auto ids = spool.ids().value();
    CHECK(ids.size() == 40);
    for (const std::string& id : ids) {
        HeldMessage message = with_id(id);
        message.octets = 1'000;
        const std::string octets = read_all(spool, message).value_or("none");
        CHECK(octets == std::string(1'000, octets.front()));
    }
}
