// SPDX-License-Identifier: Apache-2.0
// How a long suppression list behaves: the import of many addresses in random order against a plain
// insert of the same ones in order into the same table, and what a look-up costs that finds
// nothing. suppression_bench [ENTRIES] [DIRECTORY]: ten million need 3 GB there.
#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/sqlite/suppression_import.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace holdback;
using std::chrono::steady_clock;

constexpr core::TimePoint kNow{std::chrono::milliseconds(1'700'000'000'000)};

double seconds_since(steady_clock::time_point start) {
    return std::chrono::duration<double>(steady_clock::now() - start).count();
}

long resident_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;  // NOLINT(cppcoreguidelines-pro-type-union-access): glibc's
}

/// The nth address in order of the table; a quarter are at one large provider.
std::string address(std::size_t n, std::size_t entries) {
    const std::size_t large = entries / 4;
    return n < large ? fmt::format("user{:09}@big.example", n)
                     : fmt::format("user{:09}@d{:07}.example", n, n / 40);
}

terms::SuppressionEntry entry(std::size_t n, std::size_t entries) {
    terms::SuppressionEntry made;
    made.subject = address(n, entries);
    made.reason = terms::SuppressionReason::Bounce;
    made.source = terms::SuppressionSource::Import;
    made.first_seen = kNow;
    made.last_seen = kNow;
    return made;
}

/// The order in which the import gets them: each once, far from its neighbours.
std::size_t shuffled(std::size_t i, std::size_t entries) {
    constexpr std::size_t kStep = 1'000'000'007;  // a prime
    return i % entries * kStep % entries;
}

double plain_insert(const std::string& path, std::size_t entries) {
    io::sqlite::Database database({.path = path,
                                   .migrations = io::sqlite::schema_steps(),
                                   .durability = io::sqlite::Durability::Deferred});
    const auto start = steady_clock::now();
    constexpr std::size_t kAtOnce = 10'000;
    for (std::size_t i = 0; i < entries;) {
        database.write([&](io::sqlite::Connection& connection) {
            io::sqlite::RowInserter inserter(connection);
            for (const std::size_t end = std::min(entries, i + kAtOnce); i < end; ++i) {
                const terms::SuppressionEntry made = entry(i, entries);
                inserter.insert(io::sqlite::place_of(made.kind, made.subject), made);
            }
        });
    }
    return seconds_since(start);
}

double sorted_import(const std::string& path, std::size_t entries) {
    io::sqlite::Database database({.path = path,
                                   .migrations = io::sqlite::schema_steps(),
                                   .durability = io::sqlite::Durability::Deferred});
    io::sqlite::SqliteSuppressions store(database);
    const auto start = steady_clock::now();
    io::sqlite::SuppressionImport import(database, store, {}, kNow);
    for (std::size_t i = 0; i < entries; ++i) {
        if (!import.add(entry(shuffled(i, entries), entries)).has_value()) {
            throw std::runtime_error("the import failed");
        }
    }
    const auto counts = import.finish([](std::uint64_t) {});
    const double taken = seconds_since(start);
    if (!counts.has_value() || counts->added != entries) {
        throw std::runtime_error("the import is not complete");
    }
    return taken;
}

/// Microseconds a look-up takes.
struct Cost {
    double elapsed;
    double processor;  ///< alone, whatever else the machine does
};

/// For addresses that are not in the list, each asked for on its own.
Cost miss(const std::string& path, std::size_t entries, bool in_known_domains) {
    io::sqlite::Database database({.path = path, .migrations = io::sqlite::schema_steps()});
    io::sqlite::SqliteSuppressions store(database);
    std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
    std::vector<mail::Address> addresses;
    constexpr std::size_t kAddresses = 200'000;
    addresses.reserve(kAddresses);
    for (std::size_t i = 0; i < kAddresses; ++i) {
        const std::string text = in_known_domains
                                     ? "x" + address(random() % entries, entries)
                                     : fmt::format("user@d{:07}x.example", random() % entries);
        addresses.push_back(mail::Address::parse(text, mail::Smtputf8::No)->value);
    }
    const auto start = steady_clock::now();
    const std::clock_t start_of_work = std::clock();
    for (const mail::Address& one : addresses) {
        const auto found = store.look_up(std::span(&one, 1), mail::NullSender{}, kNow);
        if (!found.has_value() || found->front().address.has_value()) {
            throw std::runtime_error("a look-up found what is not there");
        }
    }
    const double work = static_cast<double>(std::clock() - start_of_work) / CLOCKS_PER_SEC;
    constexpr double kEach = 1e6 / static_cast<double>(kAddresses);
    return {.elapsed = seconds_since(start) * kEach, .processor = work * kEach};
}

void run(std::size_t entries, const std::filesystem::path& directory) {
    const std::string import = directory / "import.db";
    const std::string plain = directory / "plain.db";
    const double import_time = sorted_import(import, entries);
    fmt::print("import of {} entries: {:.1f} s, at most {} MiB resident, {} MiB of database\n",
               entries,
               import_time,
               resident_mebibytes(),
               std::filesystem::file_size(import) >> 20U);
    const double plain_time = plain_insert(plain, entries);
    fmt::print("plain insert in order: {:.1f} s; the import takes {:.2f} times as long\n",
               plain_time,
               import_time / plain_time);
    for (const bool is_known : {true, false}) {
        const Cost cost = miss(import, entries, is_known);
        fmt::print("miss in {}: {:.2f} us, of that {:.2f} us of processor time\n",
                   is_known ? "a domain of the list" : "another domain",
                   cost.elapsed,
                   cost.processor);
    }
    fmt::print("at most {} MiB resident in all\n", resident_mebibytes());
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> words(argv, static_cast<std::size_t>(argc));
    try {
        const std::size_t entries = words.size() > 1 ? std::stoul(words[1]) : 1'000'000;
        const std::filesystem::path parent = words.size() > 2
                                                 ? std::filesystem::path(words[2])
                                                 : std::filesystem::temp_directory_path();
        const std::filesystem::path directory = parent / fmt::format("bench-{}", getpid());
        std::filesystem::create_directories(directory);
        run(entries, directory);
        std::filesystem::remove_all(directory);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
