// SPDX-License-Identifier: Apache-2.0
#include "config/unit_sandbox.hpp"

#include "config/settings.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::config {

namespace {

constexpr std::string_view kUnit =
    "[Unit]\nReadWritePaths=/not/of/the/service\n[Service]\nProtectSystem=strict\n"
    "StateDirectory=holdback other:link\nLogsDirectory=holdback\nRuntimeDirectory=holdback\n"
    "ReadWritePaths=-/var/spool/postfix/holdback +/srv\n[Install]\nReadWritePaths=/nor/this\n";

UnitSandbox sandbox(std::string_view more = {}) {
    return unit_sandbox(std::vector{std::string(kUnit), std::string(more)});
}

}  // namespace

TEST_CASE("a service writes where its unit lets it") {
    struct Row {
        std::string_view path;
        bool strict;
        bool full;
        bool programs;
    };
    const auto rows = std::to_array<Row>({
        {"/var/lib/holdback/holdback.db", true, true, true},
        {"/var/lib/other", true, true, true},
        {"/var/lib/link", false, true, true},
        {"/var/lib/holdback2", false, true, true},
        {"/var/log/holdback/log", true, true, true},
        {"/var/log/holdback.log", false, true, true},
        {"/run/holdback/control.sock", true, true, true},
        {"/var/spool/postfix/holdback/holdback.sock", true, true, true},
        {"/srv/held", true, true, true},
        {"/not/of/the/service", false, true, true},
        {"/nor/this", false, true, true},
        {"/tmp/x", true, true, true},
        {"/etc/holdback/seal.key", false, false, true},
        {"/usr/lib/x", false, false, false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CHECK(sandbox().may_write(row.path) == row.strict);
        CHECK(sandbox("[Service]\nProtectSystem = full").may_write(row.path) == row.full);
        CHECK(sandbox("[Service]\nProtectSystem=yes\n").may_write(row.path) == row.programs);
        CHECK(sandbox("[Service]\nProtectSystem=no\n").may_write(row.path));
        CHECK(UnitSandbox{}.may_write(row.path));
    }
    CHECK_FALSE(sandbox("[Service]\nReadWritePaths=\n").may_write("/srv/held"));
    CHECK(sandbox("[Service]\nReadWritePaths=\nReadWritePaths=/srv").may_write("/srv/held"));
    CHECK(sandbox("[Service]\nReadWritePaths=/").may_write("/nor/this"));
    CHECK(unit_sandbox({}).may_write("/anything"));
}

TEST_CASE("settings that ask for more than the unit gives are named, with the way out") {
    Settings settings;
    CHECK(out_of_reach(settings, sandbox()).empty());
    settings.log.target = "file:/var/log/hold.log";
    settings.hold.spool = "/data/held";
    settings.milter.socket = "inet:8894@localhost";
    settings.store.hash_key = "/data/hash.key";  // not in use
    const auto found = out_of_reach(settings, sandbox());
    REQUIRE(found.size() == 2);
    CHECK(found[0].key == "hold.spool");
    CHECK(found[0].message.contains("ReadWritePaths=/data\""));
    CHECK(found[1].key == "log.target");
    CHECK(found[1].message.contains("below /var/lib/holdback, /var/lib/other, /var/log/holdback"));
    CHECK(found[1].message.contains("ReadWritePaths=/var/log\""));
    CHECK(out_of_reach(settings, UnitSandbox{}).empty());
}

}  // namespace holdback::config
