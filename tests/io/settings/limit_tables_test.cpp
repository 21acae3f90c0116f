// SPDX-License-Identifier: Apache-2.0
#include "io/settings/limit_tables.hpp"

#include "config/limit.hpp"
#include "config/settings.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/settings_schema.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "limits/limit_set.hpp"
#include "terms/policy_action.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

using namespace std::chrono_literals;
using config::Limit;
using config::LimitKey;
using config::LimitStream;
using terms::PolicyAction;

struct House {
    std::vector<Limit> read(std::string_view text) {
        std::ofstream(path) << text;
        const auto read = load_settings(path);
        errors.clear();
        if (!read.has_value()) {
            for (const FileError& error : read.error()) {
                errors.push_back(error.text());
            }
            return {};
        }
        return read->limits;
    }

    support::TempDir directory;
    std::string path = directory.file("holdback.conf");
    std::vector<std::string> errors;
};

}  // namespace

TEST_CASE("a table says who, how much and what then") {
    House house;
    const auto limits = house.read(
        "[[limit]]\nname = \"per-user\"\nkey = \"sasl-user\"\nrecipients = \"75/1h\"\n"
        "[[limit]]\nname = \"offers\"\nkey = \"sender-domain\"\nmatch = \"*.shop.test\"\n"
        "stream = \"bulk\"\nprovider = [\"Google.com\", \"outlook.com\"]\n"
        "recipients = [\"50/1m\", \"300/1d\"]\naction = \"hold\"\nshadow = true\n");
    CAPTURE(house.errors);
    REQUIRE(limits.size() == 2);
    CHECK(limits[0] ==
          Limit{.name = "per-user", .key = LimitKey::SaslUser, .recipients = {{75, 1h}}});
    CHECK(limits[1] == Limit{.name = "offers",
                             .key = LimitKey::SenderDomain,
                             .match = "*.shop.test",
                             .stream = LimitStream::Bulk,
                             .provider = {"google.com", "outlook.com"},
                             .recipients = {{50, 1min}, {300, 24h}},
                             .action = PolicyAction::Hold,
                             .shadow = true});
}

TEST_CASE("the tables of drop-ins come behind those of the file") {
    House house;
    const std::string table = "[[limit]]\nname = \"{}\"\nkey = \"daemon\"\nrecipients = \"1/1h\"\n";
    std::filesystem::create_directory(house.path + ".d");
    std::ofstream(house.path + ".d/10.conf") << fmt::format(fmt::runtime(table), "second");
    const auto limits = house.read(fmt::format(fmt::runtime(table), "first"));
    REQUIRE(limits.size() == 2);
    CHECK(limits[0].name == "first");
    CHECK(limits[1].name == "second");
}

TEST_CASE("what is wrong is told with its line and what is allowed") {
    struct Row {
        std::string_view line;
        std::string_view says;
    };
    const std::vector<Row> rows{
        {"name = \"a b\"", ":2: \"name\" has to be of letters, digits"},
        {"key = \"user\"", ":3: \"key\" has to be one of sasl-user, sender, sender-domain"},
        {"recipients = \"75\"", "recipients\" has to be a number and a time from 1m to 31d"},
        {"recipients = [\"1/1s\"]", "recipients\" has to be a number and a time from 1m to 31d"},
        {"match = \"\"", "\"match\" is empty"},
        {"match = \"file:list\"", "by its whole path"},
        {"stream = \"both\"", "\"stream\" has to be one of any, bulk, direct"},
        {"action = \"pass\"", "\"action\" has to be one of defer, hold, reject"},
        {"provider = [\"*\", \"a.test\"]", "\"*\" stands alone"},
        {"shadow = \"yes\"", "\"shadow\""},
        {"cap = 3", "cap"},
    };
    House house;
    for (const Row& row : rows) {
        CAPTURE(row.line);
        std::string text = "[[limit]]\n";
        for (const std::string_view line :
             {"name = \"a\"", "key = \"sasl-user\"", "recipients = \"75/1h\""}) {
            const std::string_view key = line.substr(0, line.find(' '));
            text += fmt::format("{}\n", row.line.starts_with(key) ? row.line : line);
        }
        if (text.find(row.line) == std::string::npos) {
            text += fmt::format("{}\n", row.line);
        }
        CHECK(house.read(text).empty());
        CAPTURE(house.errors);
        REQUIRE(house.errors.size() == 1);
        CHECK(house.errors.front().starts_with(house.path));
        CHECK(house.errors.front().find(row.says) != std::string::npos);
    }
    CHECK(house.read("[[limit]]\nname = \"a\"\n").empty());
    CHECK(house.errors.size() == 2);  // key and recipients are missing
    CHECK(house
              .read("[[limit]]\nname = \"a\"\nkey = \"everyone\"\nmatch = \"ann\"\n"
                    "recipients = \"1/1h\"\n")
              .empty());
    CHECK(house
              .read("[[limit]]\nname = \"a\"\nkey = \"client\"\nmatch = \"192.0.2.1/24\"\n"
                    "recipients = \"1/1h\"\n")
              .empty());
    CHECK(house.read("limit = 3\n").empty());
    REQUIRE(house.errors.size() == 1);
    CHECK(house.errors.front().find("limit must be a list of tables, each written [[limit]]") !=
          std::string::npos);
}

TEST_CASE("the text of the key reads back as the same limits") {
    House house;
    config::Settings settings;
    settings.limits = {Limit{.name = "a",
                             .key = LimitKey::Client,
                             .match = "192.0.2.0/24",
                             .provider = {"*"},
                             .recipients = {{5, 60s}, {7, 24h}},
                             .action = PolicyAction::Reject},
                       Limit{.name = "b", .key = LimitKey::Everyone, .recipients = {{1, 1h}}}};
    const auto fields = settings_fields();
    const auto field = std::ranges::find(fields, "limit", &SettingsField::key);
    REQUIRE(field != fields.end());
    const auto read = house.read(fmt::format("limit = {}\n", field->write(settings)));
    CAPTURE(house.errors);
    CHECK(read == settings.limits);
}

TEST_CASE("the lists that limits name are read when the settings are") {
    House house;
    const std::string list = house.directory.file("list");
    std::ofstream(list) << "# those with much to say\nann\n  bo*  # and the like\n";
    const std::vector limits{Limit{.name = "a", .match = "file:" + list}};
    const auto set = load_limits(limits);
    REQUIRE(set.has_value());
    CHECK(set->matching({.user = "ann"}).size() == 1);
    CHECK(set->matching({.user = "bob"}).size() == 1);
    CHECK(set->matching({.user = "carl"}).empty());
    const auto missing = load_limits({Limit{.name = "a", .match = "file:" + list + ".absent"}});
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().front().text() ==
          list + ".absent: cannot read: No such file or directory");
}

}  // namespace holdback::io::settings
