// SPDX-License-Identifier: Apache-2.0
#include "io/settings/toml_document.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::settings {
namespace {

std::vector<std::string> keys_of(const TomlTable& table) {
    std::vector<std::string> keys;
    keys.reserve(table.size());
    for (const TomlEntry& entry : table) {
        keys.push_back(entry.key);
    }
    return keys;
}

TEST_CASE("keys keep the order of the file, and every value knows its line") {
    const auto document = read_toml_text(
        "zeta = 1\n"
        "alpha = \"two\"\n"
        "\n"
        "[middle]\n"
        "b = [\n"
        "  true,\n"
        "  2.5,\n"
        "]\n"
        "a = { y = 1, x = 2 }\n"
        "\n"
        "[first.inner]\n"
        "n = -3\n",
        "sample.conf");
    REQUIRE(document.has_value());
    CHECK(keys_of(*document) == std::vector<std::string>{"zeta", "alpha", "middle", "first"});

    const TomlValue* zeta = find_key(*document, "zeta");
    REQUIRE(zeta != nullptr);
    REQUIRE(zeta->as_integer() != nullptr);
    CHECK(*zeta->as_integer() == 1);
    CHECK(zeta->place() == SourcePlace{"sample.conf", 1});

    const TomlValue* alpha = find_key(*document, "alpha");
    REQUIRE(alpha != nullptr);
    REQUIRE(alpha->as_string() != nullptr);
    CHECK(*alpha->as_string() == "two");
    CHECK(alpha->line == 2);

    const TomlValue* middle = find_key(*document, "middle");
    REQUIRE(middle != nullptr);
    REQUIRE(middle->as_table() != nullptr);
    CHECK(middle->line == 4);
    CHECK(keys_of(*middle->as_table()) == std::vector<std::string>{"b", "a"});

    const TomlValue* list = find_key(*middle->as_table(), "b");
    REQUIRE(list != nullptr);
    CHECK(list->line == 5);
    const TomlArray* items = list->as_array();
    REQUIRE(items != nullptr);
    REQUIRE(items->size() == 2);
    REQUIRE(items->at(0).as_boolean() != nullptr);
    CHECK(*items->at(0).as_boolean());
    CHECK(items->at(0).line == 6);
    CHECK(std::get<double>(items->at(1).value) == 2.5);
    CHECK(items->at(1).line == 7);

    const TomlValue* inner_table = find_key(*middle->as_table(), "a");
    REQUIRE(inner_table != nullptr);
    REQUIRE(inner_table->as_table() != nullptr);
    CHECK(keys_of(*inner_table->as_table()) == std::vector<std::string>{"y", "x"});

    const TomlValue* first = find_key(*document, "first");
    REQUIRE(first != nullptr);
    REQUIRE(first->as_table() != nullptr);
    CHECK(first->line == 11);
    const TomlValue* inner = find_key(*first->as_table(), "inner");
    REQUIRE(inner != nullptr);
    REQUIRE(inner->as_table() != nullptr);
    const TomlValue* n = find_key(*inner->as_table(), "n");
    REQUIRE(n != nullptr);
    REQUIRE(n->as_integer() != nullptr);
    CHECK(*n->as_integer() == -3);
    CHECK(n->line == 12);
    CHECK(find_key(*inner->as_table(), "m") == nullptr);
}

TEST_CASE("tables of an array of tables stand in order, each with its line") {
    const auto document = read_toml_text(
        "[[rule]]\n"
        "id = \"b\"\n"
        "[[rule]]\n"
        "id = \"a\"\n",
        "rules.conf");
    REQUIRE(document.has_value());
    const TomlValue* rules = find_key(*document, "rule");
    REQUIRE(rules != nullptr);
    const TomlArray* list = rules->as_array();
    REQUIRE(list != nullptr);
    REQUIRE(list->size() == 2);
    CHECK(list->at(0).line == 1);
    CHECK(list->at(1).line == 3);
    REQUIRE(list->at(1).as_table() != nullptr);
    const TomlValue* id = find_key(*list->at(1).as_table(), "id");
    REQUIRE(id != nullptr);
    REQUIRE(id->as_string() != nullptr);
    CHECK(*id->as_string() == "a");
}

TEST_CASE("each kind of value has a name for messages, and dates are kept as text") {
    struct Row {
        std::string_view text;
        std::string_view kind;
    };
    const auto rows = std::to_array<Row>({
        {"v = \"x\"", "a string"},
        {"v = 1", "a whole number"},
        {"v = 1.0", "a decimal number"},
        {"v = false", "true or false"},
        {"v = []", "a list"},
        {"v = {}", "a table"},
        {"v = 2024-02-29", "a string"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto document = read_toml_text(row.text, "t");
        REQUIRE(document.has_value());
        const TomlValue* value = find_key(*document, "v");
        REQUIRE(value != nullptr);
        CHECK(value->kind() == row.kind);
    }
    const auto date = read_toml_text("v = 2024-02-29", "t");
    REQUIRE(date.has_value());
    REQUIRE(date->at(0).value.as_string() != nullptr);
    CHECK(*date->at(0).value.as_string() == "2024-02-29");
}

TEST_CASE("what is no TOML is an error with the line") {
    struct Row {
        std::string_view what;
        std::string_view text;
        int line;
    };
    const auto rows = std::to_array<Row>({
        {"no value", "a = 1\nb =\n", 2},
        {"a key twice", "a = 1\n\na = 2\n", 3},
        {"an open string", "a = \"x\n", 1},
        {"not UTF-8", "a = 1\nb = \"\xff\"\n", 2},
        {"an open list", "a = [1,\n2,\n", 2},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto document = read_toml_text(row.text, "bad.conf");
        REQUIRE_FALSE(document.has_value());
        CHECK(document.error().place.file == "bad.conf");
        CHECK(document.error().place.line == row.line);
        CHECK_FALSE(document.error().message.empty());
    }
}

TEST_CASE("a table that is there already is named with its line") {
    const auto error_of = [](std::string_view text) {
        const auto document = read_toml_text(text, "a.conf");
        REQUIRE_FALSE(document.has_value());
        return document.error().text();
    };
    CHECK(
        error_of("# all of them\n[log]\n#level = \"info\"\n\n  [log]  # mine\nlevel = \"debug\"") ==
        "a.conf:5: [log] is there already, in line 2: put its keys there, without the #");
    // What else is wrong in such a line keeps its own words.
    CHECK(error_of("[log]\nx = 1\n[log.x]\n").find("already") == std::string::npos);
    CHECK(error_of("[[log]]\n[[log]]\n[log]\n").find("in line") == std::string::npos);
}

TEST_CASE("nesting beyond measure is an error and no crash") {
    const auto document = read_toml_text("a = " + std::string(100'000, '['), "deep.conf");
    CHECK_FALSE(document.has_value());
}

TEST_CASE("a file that cannot be read is an error that names it") {
    const auto absent = read_toml_file("/nonexistent/holdback.conf");
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().text() ==
          "/nonexistent/holdback.conf: cannot read: No such file or directory");
    const auto directory = read_toml_file("/");
    REQUIRE_FALSE(directory.has_value());
    CHECK(directory.error().text() == "/: cannot read: Is a directory");
}

TEST_CASE("an error is written as file, line and message") {
    CHECK(FileError{{"a.conf", 7}, "wrong"}.text() == "a.conf:7: wrong");
    CHECK(FileError{{"a.conf", 0}, "wrong"}.text() == "a.conf: wrong");
}

}  // namespace
}  // namespace holdback::io::settings
