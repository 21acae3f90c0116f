// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/listener.hpp"

#include "tests/support/temp_dir.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace holdback::milter {

namespace {

constexpr unsigned kAccount = 65534;

/// A directory that belongs to the account, as the one of the sockets does.
class AccountsDirectory {
public:
    AccountsDirectory() : path_(parent_.file("run")) {
        std::filesystem::permissions(parent_.path(), std::filesystem::perms(0755));
        std::filesystem::create_directory(path_);
        REQUIRE(chown(path_.c_str(), kAccount, kAccount) == 0);
    }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] std::string outside(const std::string& name) const { return parent_.file(name); }

private:
    support::TempDir parent_;
    std::string path_;
};

daemon::ListenerOptions given_away(const std::string& path) {
    return {.path = path, .mode = 0660, .owner = kAccount, .group = kAccount};
}

struct stat status_of(const std::string& path) {
    struct stat status{};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    return status;
}

/// A process that is the account; runs until it is ended, or until `work` gives its status.
class AccountsProcess {
public:
    explicit AccountsProcess(const std::function<int()>& work) : pid_(fork()) {
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            _exit(setgid(kAccount) == 0 && setuid(kAccount) == 0 ? work() : 9);
        }
    }
    AccountsProcess(const AccountsProcess&) = delete;
    AccountsProcess& operator=(const AccountsProcess&) = delete;
    AccountsProcess(AccountsProcess&&) = delete;
    AccountsProcess& operator=(AccountsProcess&&) = delete;
    ~AccountsProcess() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    [[nodiscard]] int status() {
        int ended = 0;
        waitpid(pid_, &ended, 0);
        pid_ = -1;
        return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    }

private:
    pid_t pid_;
};

bool is_root() {
    if (geteuid() != 0) {
        MESSAGE("not root: left out");
        return false;
    }
    return true;
}

int can_listen(const std::string& path) {
    return daemon::Listener::open({.path = path, .mode = 0660, .owner = {}, .group = {}})
                   .has_value()
               ? 0
               : 1;
}

}  // namespace

TEST_CASE("a socket is there with its mode and owner, and a second process finds the first") {
    if (!is_root()) {
        return;
    }
    const AccountsDirectory directory;
    const std::string path = directory.file("milter.sock");
    {
        const auto listener = daemon::Listener::open(given_away(path));
        REQUIRE(listener.has_value());
        CHECK(status_of(path).st_uid == kAccount);
        CHECK(status_of(path).st_gid == kAccount);
        CHECK((status_of(path).st_mode & 07777) == 0660);
        const auto second = daemon::Listener::open(given_away(path));
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().starts_with("another process listens on"));
        // Nothing is left of how it was made.
        CHECK(std::distance(std::filesystem::directory_iterator(directory.file(".")), {}) == 2);
    }
    CHECK_FALSE(std::filesystem::exists(path));
    std::ofstream(path) << "no socket";
    CHECK(daemon::Listener::open(given_away(path)).error().ends_with("exists and is not a socket"));
}

TEST_CASE("the account can listen after a start as root") {
    if (!is_root()) {
        return;
    }
    const AccountsDirectory directory;
    const std::string path = directory.file("milter.sock");
    {
        const auto listener = daemon::Listener::open(given_away(path));
        REQUIRE(listener.has_value());
    }
    CHECK(AccountsProcess([&] { return can_listen(path); }).status() == 0);

    SUBCASE("a lock file that root left behind makes way") {
        std::filesystem::remove(path + ".lock");
        std::ofstream(path + ".lock") << "";
        REQUIRE(chmod((path + ".lock").c_str(), 0600) == 0);
        CHECK(AccountsProcess([&] { return can_listen(path); }).status() == 0);
    }
    SUBCASE("but not that of a process that listens") {
        std::filesystem::remove(path + ".lock");
        const auto listener =
            daemon::Listener::open({.path = path, .mode = 0666, .owner = {}, .group = {}});
        REQUIRE(listener.has_value());
        CHECK(AccountsProcess([&] { return can_listen(path); }).status() == 1);
    }
    SUBCASE("a start as root gives the account a lock file of root's") {
        std::filesystem::remove(path + ".lock");
        std::ofstream(path + ".lock") << "";
        const auto listener = daemon::Listener::open(given_away(path));
        REQUIRE(listener.has_value());
        CHECK(status_of(path + ".lock").st_uid == kAccount);
    }
}

TEST_CASE("whoever owns the directory of the socket gets nothing else from a start as root") {
    if (!is_root()) {
        return;
    }
    const AccountsDirectory directory;
    const std::string path = directory.file("milter.sock");
    const std::string victim = directory.outside("victim");
    std::ofstream(victim) << "secret";
    REQUIRE(chmod(victim.c_str(), 0600) == 0);
    const AccountsProcess attacker([&] {
        const std::string link = directory.file("link");
        while (getppid() != 1) {
            // What stands under the names, now a socket and now a link to another's file.
            static_cast<void>(symlink(victim.c_str(), link.c_str()) == 0);
            static_cast<void>(rename(link.c_str(), path.c_str()) == 0);
            static_cast<void>(symlink(victim.c_str(), link.c_str()) == 0);
            static_cast<void>(rename(link.c_str(), (path + ".lock").c_str()) == 0);
            unlink(path.c_str());
            unlink((path + ".lock").c_str());
        }
        return 0;
    });
    int opened = 0;
    constexpr int kRounds = 400;
    constexpr int kMostRounds = 100 * kRounds;
    // Where the attacker has a core to himself, it takes some luck to open a socket at all.
    for (int round = 0; round < kRounds || (opened == 0 && round < kMostRounds); ++round) {
        opened += daemon::Listener::open(given_away(path)).has_value() ? 1 : 0;
        REQUIRE(status_of(victim).st_uid == 0);
        REQUIRE((status_of(victim).st_mode & 07777) == 0600);
    }
    CHECK(opened > 0);
}

TEST_CASE("a directory that is made for the account is no link of the account's") {
    if (!is_root()) {
        return;
    }
    const AccountsDirectory directory;
    const std::string victim = directory.outside("victim");
    std::filesystem::create_directory(victim);
    std::filesystem::create_directory_symlink(victim, directory.file("sockets"));
    REQUIRE(lchown(directory.file("sockets").c_str(), kAccount, kAccount) == 0);
    CHECK_FALSE(
        daemon::Listener::open(given_away(directory.file("sockets/milter.sock"))).has_value());
    CHECK(status_of(victim).st_uid == 0);
    CHECK(std::filesystem::is_empty(victim));
}

}  // namespace holdback::milter
