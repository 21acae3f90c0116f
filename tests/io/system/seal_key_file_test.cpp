// SPDX-License-Identifier: Apache-2.0
#include "io/system/seal_key_file.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "io/system/private_file.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include <doctest/doctest.h>

namespace holdback::io::system {

namespace {

constexpr core::TimePoint kNow{std::chrono::seconds(1'790'000'000)};
constexpr std::chrono::seconds kLifetime = std::chrono::days(14);

void write_file(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("the first key is made, for its owner alone, and stays") {
    const support::TempDir dir;
    const std::string path = dir.path() + "/seal.key";
    CHECK_FALSE(read_seal_keys(path).has_value());
    const auto made = load_seal_keys(path, kNow);
    REQUIRE(made.has_value());
    REQUIRE(made->size() == 1);
    CHECK(made->front().made == kNow);
    CHECK(made->front().secret != core::SecretKey{});
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    CHECK(load_seal_keys(path, kNow + std::chrono::days(1)) == made);
    CHECK(read_seal_keys(path) == made);
    // Nothing but the file is left.
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()),
                        std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("a rotation adds a key and drops those that are no longer needed") {
    const support::TempDir dir;
    const std::string path = dir.path() + "/seal.key";
    const auto first = rotate_seal_keys(path, kNow, kLifetime);
    REQUIRE(first.has_value());
    CHECK(first->size() == 2);  // the first one of all, and the new one
    const auto second = rotate_seal_keys(path, kNow + std::chrono::days(10), kLifetime);
    REQUIRE(second.has_value());
    CHECK(second->size() == 3);
    CHECK(second->at(1) == first->at(1));
    // The first two have been out of use for fifteen and five days.
    const auto third = rotate_seal_keys(path, kNow + std::chrono::days(15), kLifetime);
    REQUIRE(third.has_value());
    REQUIRE(third->size() == 3);
    CHECK(third->front() == second->at(1));
    CHECK(third->back().made == kNow + std::chrono::days(15));
    CHECK(read_seal_keys(path) == third);
}

TEST_CASE("a file that is no list of keys is an error with its line, and is left alone") {
    const support::TempDir dir;
    const std::string path = dir.path() + "/seal.key";
    const std::string secret(64, 'a');
    struct Row {
        std::string text;
        std::string want;
    };
    const auto rows = std::to_array<Row>({
        {"", "there is no key in it"},
        {"# nothing\n\n", "there is no key in it"},
        {"hello\n", ":1: a key is"},
        {"01020304 " + secret + " 1790000000\n01020304 " + secret + "\n", ":2: a key is"},
        {"0102030 " + secret + " 1790000000\n", ":1: a key is"},
        {"01020304 " + secret + "a 1790000000\n", ":1: a key is"},
        {"0102030G " + secret + " 1790000000\n", ":1: a key is"},
        {"01020304 " + secret + " soon\n", ":1: a key is"},
        {"01020304 " + secret + " 99999999999999\n", ":1: a key is"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        write_file(path, row.text);
        const auto loaded = load_seal_keys(path, kNow);
        REQUIRE_FALSE(loaded.has_value());
        CHECK(loaded.error().starts_with(path));
        CHECK(loaded.error().find(row.want) != std::string::npos);
        CHECK_FALSE(rotate_seal_keys(path, kNow, kLifetime).has_value());
        CHECK(read_private_file(path).value() == row.text);
    }
    write_file(path, "# mine\n01020304 " + secret + " 1790000000\n");
    CHECK(load_seal_keys(path, kNow)->size() == 1);
}

TEST_CASE("where a file cannot be made or replaced, the error names it") {
    CHECK(load_seal_keys("/nonexistent/seal.key", kNow)
              .error()
              .starts_with("/nonexistent/seal.key: "));
    CHECK(replace_private_file("/nonexistent/seal.key", "x")
              .error()
              .starts_with("/nonexistent/seal.key: "));
    const support::TempDir dir;
    write_file(dir.path() + "/large", std::string(2 << 20, 'x'));
    CHECK(read_private_file(dir.path() + "/large").error().find("too large") != std::string::npos);
}

TEST_CASE("a file is made once, and replaced whole") {
    const support::TempDir dir;
    const std::string path = dir.path() + "/key";
    CHECK(read_private_file(path).value() == std::nullopt);
    CHECK(create_private_file(path, "one").value());
    CHECK_FALSE(create_private_file(path, "two").value());
    CHECK(read_private_file(path).value() == "one");
    CHECK(replace_private_file(path, "three").has_value());
    CHECK(read_private_file(path).value() == "three");
}

}  // namespace holdback::io::system
