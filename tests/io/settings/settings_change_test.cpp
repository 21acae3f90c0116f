// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_change.hpp"

#include "config/settings.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/settings_schema.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::settings {

TEST_CASE("settings that differ are told with both values and when the new one counts") {
    using namespace std::chrono_literals;
    const config::Settings before;
    CHECK(settings_changes(before, before).empty());
    config::Settings after;
    after.mode = config::Mode::Enforce;
    after.dns.budget = 3s;
    after.hold.spool = "/srv/held";
    after.control.operators = "ops";
    CHECK(settings_changes(before, after) ==
          std::vector<SettingChange>{
              {"mode", "\"shadow\"", "\"enforce\"", TakesEffect::AtReload},
              {"[control] operators", "\"\"", "\"ops\"", TakesEffect::AtNextStart},
              {"[dns] budget", "\"2s\"", "\"3s\"", TakesEffect::AtReload},
              {"[hold] spool",
               "\"/var/lib/holdback/held\"",
               "\"/srv/held\"",
               TakesEffect::AtNextStart}});
}

TEST_CASE("what is opened while the daemon starts waits for the next start, all else does not") {
    std::vector<std::string> waiting;
    for (const SettingsField& field : settings_fields()) {
        if (field.takes_effect == TakesEffect::AtNextStart) {
            waiting.push_back(field.name());
        }
    }
    CHECK(waiting == std::vector<std::string>{"milter.socket",
                                              "milter.socket_group",
                                              "milter.socket_mode",
                                              "milter.user",
                                              "control.socket",
                                              "control.group",
                                              "control.operators",
                                              "store.path",
                                              "store.hash",
                                              "store.hash_key",
                                              "hold.spool"});
}

TEST_CASE("each key is told with the place of its last value, or as a default") {
    const support::TempDir directory;
    const std::string path = directory.file("holdback.conf");
    std::filesystem::create_directories(path + ".d");
    std::ofstream(path) << "mode = \"enforce\"\n[dns]\nbudget = \"3s\"\n";
    std::ofstream(path + ".d/a.conf") << "\n\n[dns]\n\nbudget = \"2s\"\n";
    const auto sourced = load_sourced_settings(path);
    REQUIRE(sourced.has_value());
    const std::vector<SettingInForce> all = settings_in_force(*sourced);
    CHECK(all.size() == known_keys().size());
    const auto key = [&](const std::string& table, const std::string& name) {
        return *std::ranges::find_if(all, [&](const SettingInForce& each) {
            return each.table == table && each.key == name;
        });
    };
    CHECK(key("", "mode").place == SourcePlace{path, 1});
    CHECK_FALSE(key("", "mode").is_default());
    const SettingInForce budget = key("dns", "budget");
    CHECK(budget.place == SourcePlace{path + ".d/a.conf", 5});
    CHECK(budget.value == "\"2s\"");
    CHECK(budget.is_default());
    CHECK_FALSE(key("bulk", "rate").place.has_value());
}

TEST_CASE("mistakes leave the rest of the settings to be used by who only looks") {
    const support::TempDir directory;
    const std::string path = directory.file("holdback.conf");
    std::filesystem::create_directories(path + ".d");
    std::ofstream(path) << "[control]\nsocket = \"/run/x.sock\"\n[dns]\nbudget = 3\n";
    std::ofstream(path + ".d/a.conf") << "[store\npath = \"/nowhere\"\n";
    std::ofstream(path + ".d/b.conf") << "[store]\npath = \"/srv/holdback.db\"\n";
    const UsableSettings usable = load_usable_settings(path);
    CHECK(usable.errors.size() == 2);
    CHECK(usable.read.settings.control.socket == "/run/x.sock");
    CHECK(usable.read.settings.store.path == "/srv/holdback.db");
    CHECK(usable.read.settings.dns.budget == config::Settings{}.dns.budget);
    CHECK_FALSE(load_sourced_settings(path).has_value());
    CHECK(load_usable_settings(directory.file("none")).errors.size() == 1);
}

}  // namespace holdback::io::settings
