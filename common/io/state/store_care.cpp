// SPDX-License-Identifier: Apache-2.0
#include "io/state/store_care.hpp"

#include "core/result.hpp"
#include "io/sqlite/sqlite_connection.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"
#include "io/system/random.hpp"
#include "ports/suppression_store.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace holdback::io::state {

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kSuffixOctets = 6;
constexpr mode_t kFileMode = 0640;

std::int64_t number_of(sqlite::Connection& connection, std::string_view pragma) {
    sqlite::Query query = connection.query(pragma);
    return query.step() ? query.integer(0) : 0;
}

[[noreturn]] void fail(const std::string& path, int error) {
    throw sqlite::DatabaseError(
        fmt::format("{}: {}", path, std::generic_category().message(error)));
}

void sync(const std::string& path, int flags) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const system::FileHandle file(open(path.c_str(), flags | O_CLOEXEC));
    if (!file.is_open() || fsync(file.get()) != 0) {
        fail(path, errno);
    }
}

bool is_there(const std::string& path) {
    struct stat status{};
    return lstat(path.c_str(), &status) == 0;
}

/// A copy under a temporary name beside `to`, which the destructor removes.
class Copy {
public:
    Copy(const std::string& from, const std::string& to)
        : path_(fmt::format("{}.{}", to, system::random_hex(kSuffixOctets))) {
        sqlite::Connection connection(from, sqlite::Access::Read, kPatience);
        connection.query("VACUUM INTO ?").bind(path_).run();
        // The owner of the directory could have put something else in its place.
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
        file_ = system::FileHandle(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        struct stat status{};
        if (!file_.is_open() || fstat(file_.get(), &status) != 0) {
            fail(path_, errno);
        }
        if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != geteuid()) {
            fail(path_, EEXIST);
        }
        if (fchmod(file_.get(), kFileMode) != 0 || fsync(file_.get()) != 0) {
            fail(path_, errno);
        }
    }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    Copy(Copy&&) = delete;
    Copy& operator=(Copy&&) = delete;
    ~Copy() { unlink(path_.c_str()); }

    void give_to(uid_t owner, gid_t group) const {
        if (fchown(file_.get(), owner, group) != 0) {
            fail(path_, errno);
        }
    }

    /// A link, unlike a rename, never replaces a file that has come meanwhile.
    void give_name(const std::string& name) const {
        if (link(path_.c_str(), name.c_str()) != 0) {
            fail(name, errno);
        }
        sync(system::directory_of(name), O_RDONLY | O_DIRECTORY);
    }

private:
    std::string path_;
    system::FileHandle file_;
};

StoreHealth health_of(const std::string& path) {
    StoreHealth health;
    health.expected = static_cast<std::int64_t>(sqlite::schema_steps().size());
    struct stat status{};
    health.octets = stat(path.c_str(), &status) == 0 ? status.st_size : 0;
    try {
        sqlite::Connection connection(path, sqlite::Access::Read, kPatience);
        health.schema = number_of(connection, "PRAGMA user_version");
        health.problems = connection.problems(sqlite::Thoroughness::Full, [] { return true; });
    } catch (const sqlite::DatabaseDamaged& damage) {
        health.problems.emplace_back(damage.what());
    }
    if (health.problems.empty() && health.schema > health.expected) {
        health.problems.push_back(
            fmt::format("written by a newer version of the program (schema {}, we know {})",
                        health.schema,
                        health.expected));
    }
    return health;
}

}  // namespace

core::Result<StoreHealth, ports::StoreError> check_store(const std::string& path) {
    return sqlite::at_store_boundary([&] { return health_of(path); });
}

core::Result<void, ports::StoreError> copy_store(const std::string& from, const std::string& to) {
    return sqlite::at_store_boundary([&] {
        if (is_there(to)) {
            fail(to, EEXIST);
        }
        const Copy copy(from, to);
        copy.give_name(to);
    });
}

core::Result<std::string, ports::StoreError> replace_store(const std::string& path,
                                                           const std::string& copy,
                                                           const std::string& suffix) {
    return sqlite::at_store_boundary([&] {
        const StoreHealth health = health_of(copy);
        if (!health.problems.empty()) {
            throw sqlite::DatabaseError(fmt::format("{}: {}", copy, health.problems.front()));
        }
        const Copy made(copy, path);
        struct stat owner{};
        if (geteuid() == 0) {
            if (stat(system::directory_of(path).c_str(), &owner) != 0) {
                fail(system::directory_of(path), errno);
            }
            made.give_to(owner.st_uid, owner.st_gid);
        }
        std::string kept;
        // The log goes first. Without its database it does no harm, but a new database would take
        // the old log for its own.
        for (const std::string_view part : {"-wal", "-shm", ""}) {
            const std::string old = path + std::string(part);
            if (is_there(old)) {
                const std::string name = fmt::format("{}{}{}", path, suffix, part);
                if (is_there(name)) {
                    fail(name, EEXIST);
                }
                if (std::rename(old.c_str(), name.c_str()) != 0) {
                    fail(old, errno);
                }
                kept = path + suffix;
            }
        }
        made.give_name(path);
        return kept;
    });
}

}  // namespace holdback::io::state
