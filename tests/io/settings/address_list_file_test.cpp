// SPDX-License-Identifier: Apache-2.0
#include "io/settings/address_list_file.hpp"

#include "config/settings.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "outbound/address_lists.hpp"
#include "tests/support/temp_dir.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::settings {

namespace {

std::vector<std::string> texts_of(const FileErrors& errors) {
    std::vector<std::string> texts;
    for (const FileError& error : errors) {
        texts.push_back(error.text());
    }
    return texts;
}

}  // namespace

TEST_CASE("lists are lines with comments, kept in the form in which they are compared") {
    const auto roles = read_role_list("# roles\r\nSales\n\n  info  # for all\nno-reply", "r");
    REQUIRE(roles.has_value());
    CHECK(*roles == outbound::TextSet{"sales", "info", "no-reply"});
    const auto domains = read_domain_list("Throw.TEST\nbücher.test\n", "d");
    REQUIRE(domains.has_value());
    CHECK(*domains == outbound::TextSet{"throw.test", "xn--bcher-kva.test"});
}

TEST_CASE("a line that is no entry is an error with its place") {
    const auto roles = read_role_list("sales\nbo@a.test\na b\n", "r");
    REQUIRE_FALSE(roles.has_value());
    const auto about_roles = texts_of(roles.error());
    REQUIRE(about_roles.size() == 2);
    CHECK(about_roles[0].starts_with("r:2: \"bo@a.test\" is not a local part: "));
    CHECK(about_roles[1].starts_with("r:3: \"a b\" is not a local part: "));
    const auto domains = read_domain_list("throw.test\n\n@throw.test\n", "d");
    REQUIRE_FALSE(domains.has_value());
    REQUIRE(domains.error().size() == 1);
    CHECK(texts_of(domains.error())[0].starts_with("d:3: \"@throw.test\" is not a domain: "));
}

TEST_CASE("the files that the settings name are read; none is no list, an absent one an error") {
    const support::TempDir dir;
    const std::string path = dir.file("roles");
    std::ofstream(path) << "sales\n";
    config::PolicySettings settings;
    CHECK(load_address_lists(settings).value().roles.empty());
    settings.role_addresses = path;
    CHECK(load_address_lists(settings).value().roles == outbound::TextSet{"sales"});
    settings.disposable_domains = path + ".absent";
    const auto missing = load_address_lists(settings);
    REQUIRE_FALSE(missing.has_value());
    CHECK(texts_of(missing.error()) ==
          std::vector<std::string>{path + ".absent: cannot read: No such file or directory"});
}

}  // namespace holdback::io::settings
